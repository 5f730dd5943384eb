import { unreachable } from '@skein/core'
import {
  CLOSE,
  type ClientFrame,
  type CloseCode,
  type ErrorCode,
  LIMITS,
  type Migrate,
} from '@skein/protocol'
import type { Identity } from '../auth/authenticator.ts'
import type { SessionBounds, SessionEffect, SessionEvent, SessionState } from './state.ts'

export interface Step {
  readonly state: SessionState
  readonly effects: readonly SessionEffect[]
}

export interface Now {
  /** Durations. */
  readonly monotonicMs: number
  /** Expiry. */
  readonly wallMs: number
}

const CLOSED: SessionState = { phase: 'closed' }
const none: readonly SessionEffect[] = []
const stay = (state: SessionState, ...effects: SessionEffect[]): Step => ({ state, effects })
const end = (code: CloseCode, errorCode: ErrorCode, reason: string, retryAfterMs?: number): Step => ({
  state: CLOSED,
  effects: [
    {
      do: 'tell',
      problem: { code: errorCode, message: reason, ...(retryAfterMs !== undefined && { retryAfterMs }) },
    },
    { do: 'close', code, reason },
  ],
})

/** What a session does next: pure, so that every path can be tested and simulated. */
export function step(state: SessionState, event: SessionEvent, now: Now, bounds: SessionBounds): Step {
  if (state.phase === 'closed') return { state, effects: none }
  switch (event.on) {
    case 'frame':
      return onFrame(state, event.frame, bounds)
    case 'badFrame':
      if (state.phase === 'active') return stay(state, { do: 'tell', problem: event.problem })
      return end(CLOSE.protocolError, event.problem.code, event.problem.message)
    case 'admitted':
      return state.phase === 'admitting' ? admitted(state, event.identity, bounds) : { state, effects: none }
    case 'renewed':
      return state.phase === 'active' ? renewed(state, event.identity) : { state, effects: none }
    case 'refused':
      return onRefused(state, event.code, event.message, event.retryAfterMs)
    case 'revoked':
      if (state.phase !== 'active' || state.identity.issuedAtMs >= event.validAfterMs)
        return { state, effects: none }
      return end(CLOSE.revoked, 'revoked', 'the token was revoked: get a new one')
    case 'resumed':
      return stay(state.phase === 'active' ? { ...state, resume: 'answered' } : state)
    case 'migrate':
      return migrate(state, event.frame, now)
    case 'superseded':
      return superseded(state)
    case 'sweep':
      return sweep(state, event.heardAtMs, now, bounds)
    case 'closed':
      return { state: CLOSED, effects: none }
    default:
      return unreachable(event)
  }
}

function onFrame(
  state: Exclude<SessionState, { phase: 'closed' }>,
  frame: ClientFrame,
  bounds: SessionBounds,
): Step {
  switch (state.phase) {
    case 'opening':
      if (frame.t !== 'hello')
        return end(CLOSE.protocolError, 'protocolError', `the first frame is hello, got ${frame.t}`)
      return {
        state: { phase: 'admitting', openedAtMs: state.openedAtMs, waiting: [] },
        effects: [{ do: 'admit', hello: frame }],
      }
    case 'admitting':
      if (frame.t === 'hello') return end(CLOSE.protocolError, 'protocolError', 'hello was already said')
      if (state.waiting.length >= bounds.waitingFrames) {
        return end(CLOSE.tooFast, 'tooFast', 'too many frames before the welcome', 1_000)
      }
      return stay({ ...state, waiting: [...state.waiting, frame] })
    case 'active':
      return onActiveFrame(state, frame)
    default:
      return unreachable(state)
  }
}

/** Whether a `send` frame in this state has no other effect than to be sent. */
export const maySend = (state: SessionState): boolean =>
  state.phase === 'active' && state.identity.capabilities?.includes('send') !== false

function onActiveFrame(state: Extract<SessionState, { phase: 'active' }>, frame: ClientFrame): Step {
  switch (frame.t) {
    case 'hello':
      return end(CLOSE.protocolError, 'protocolError', 'hello was already said')
    case 'resume':
      if (state.resume !== 'none') return end(CLOSE.protocolError, 'protocolError', 'resume was already said')
      return stay({ ...state, resume: 'begun' }, { do: 'resume', frame })
    case 'auth':
      return stay(state, { do: 'renew', token: frame.token })
    case 'send':
      if (!maySend(state)) {
        const { conversation, clientId } = frame
        const message = 'this token may not send: its capabilities lack "send"'
        return stay(state, { do: 'tell', problem: { code: 'forbidden', message, conversation, clientId } })
      }
      return stay(state, { do: 'send', frame })
    case 'sync':
    case 'history':
    case 'members':
    case 'read':
    case 'typing':
    case 'ping':
      return stay(state, { do: 'serve', frame })
    default:
      return unreachable(frame)
  }
}

function admitted(
  state: Extract<SessionState, { phase: 'admitting' }>,
  identity: Identity,
  bounds: SessionBounds,
): Step {
  let next: Step = stay({ phase: 'active', identity, resume: 'none' }, { do: 'welcome', identity })
  for (const frame of state.waiting) {
    if (next.state.phase === 'closed') break
    const following = onFrame(next.state, frame, bounds)
    next = { state: following.state, effects: [...next.effects, ...following.effects] }
  }
  return next
}

function renewed(state: Extract<SessionState, { phase: 'active' }>, identity: Identity): Step {
  if (identity.app !== state.identity.app || identity.user !== state.identity.user) {
    const message = `the new token is for another user (${identity.user}); open a new connection for it`
    return stay(state, { do: 'tell', problem: { code: 'unauthenticated', message } })
  }
  return stay({ ...state, identity }, { do: 'tellRenewed', identity })
}

/** Before the welcome a refusal ends the connection; a renewal that fails leaves the old token in force. */
function onRefused(state: SessionState, code: ErrorCode, message: string, retryAfterMs?: number): Step {
  if (state.phase === 'active') {
    return stay(state, {
      do: 'tell',
      problem: { code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) },
    })
  }
  switch (code) {
    case 'unauthenticated':
      return end(CLOSE.unauthenticated, code, message)
    case 'tokenExpired':
      return end(CLOSE.tokenExpired, code, message)
    case 'revoked':
      return end(CLOSE.revoked, code, message)
    case 'draining':
      return end(CLOSE.draining, code, message, retryAfterMs)
    default:
      return end(CLOSE.overloaded, code, message, retryAfterMs)
  }
}

/** Whether the client would follow a `migrate` now: it is resumed, and not about to follow another (MIG1). */
export function mayMigrate(state: SessionState, nowMs: number): boolean {
  if (state.phase !== 'active' || state.resume !== 'answered') return false
  return state.leaveByMs === undefined || state.leaveByMs < nowMs
}

function migrate(state: SessionState, frame: Migrate, { monotonicMs }: Now): Step {
  if (state.phase !== 'active' || !mayMigrate(state, monotonicMs)) return stay(state)
  return stay({ ...state, leaveByMs: monotonicMs + frame.withinMs }, { do: 'askToMigrate', frame })
}

/** Who was told to migrate has two connections for good reason, and closes the older one itself (MIG5). */
function superseded(state: SessionState): Step {
  if (state.phase !== 'active' || state.leaveByMs !== undefined) return stay(state)
  return end(CLOSE.superseded, 'unavailable', 'a newer connection of this client has taken over')
}

/**
 * Whether a sweep would end the session. Asked of every session once a second, so it makes nothing:
 * ten thousand quiet sessions must not keep the garbage collector busy.
 */
export function isOverdue(state: SessionState, heardAtMs: number, now: Now, bounds: SessionBounds): boolean {
  if (state.phase === 'closed') return false
  if (state.phase !== 'active') return now.monotonicMs - state.openedAtMs > bounds.handshakeMs
  return (
    now.wallMs >= state.identity.expiresAtMs ||
    now.monotonicMs - heardAtMs > LIMITS.heartbeatGrace * bounds.heartbeatMs
  )
}

function sweep(
  state: Exclude<SessionState, { phase: 'closed' }>,
  heardAtMs: number,
  now: Now,
  bounds: SessionBounds,
): Step {
  if (!isOverdue(state, heardAtMs, now, bounds)) return { state, effects: none }
  if (state.phase !== 'active') {
    return end(CLOSE.handshakeTimeout, 'protocolError', `no valid hello within ${bounds.handshakeMs} ms`)
  }
  if (now.wallMs >= state.identity.expiresAtMs) {
    return end(CLOSE.tokenExpired, 'tokenExpired', 'the token expired: send auth with a new one before that')
  }
  return end(
    CLOSE.heartbeatTimeout,
    'protocolError',
    `nothing was heard for ${LIMITS.heartbeatGrace * bounds.heartbeatMs} ms`,
  )
}
