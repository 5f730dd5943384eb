import { unreachable } from '@skein/core'
import { CLOSE, closeAction, remedyFor } from '@skein/protocol'
import { fullJitterMs } from '@skein/resilience'
import {
  aliveSince,
  checkLiveness,
  doubt,
  heard,
  heardPong,
  livenessDueMs,
  sendsPending,
  wrote,
} from './liveness.ts'
import type { ConnectionEvent, Effect, LiveState, Moment, Policy, State, Step, Trail } from './state.ts'

/**
 * The connection's life, as a pure function. A shell (`connection.ts`) does what the effects say.
 *
 *           start         tokenReady              opened: hello, resume
 *    idle ────────▶ fetchingToken ───▶ connecting ─────────┐ welcome        resumed
 *      │  has token      ▲  │ failed       │ ▲              ▼
 *      └─────────────────┼──┼──────────────┼─┘          resuming ─────────▶ online ◀─┐ renewed:
 *                        │  ▼     closed,  ▼                │                 │  └─────┘ auth at 80 %
 *                      waiting ◀──late─────┴────────────────┴── closed, dead ─┘         of its life
 *                                          │
 *                                          └─ 40xx, or a fixed token refused ──▶ refused
 *    stop: from everywhere ──▶ stopped
 */
export const HANDSHAKE_MS = 5_000
export const TOKEN_FETCH_MS = 10_000
export const RESUME_MS = 15_000
/** Online for this long: the next failure is a first one. */
export const STEADY_MS = 1_000
/** After a steady connection the first retry comes at once, but not everybody's in the same instant. */
export const FIRST_RETRY_MS = 100
export const BACKOFF = { baseMs: 200, maxMs: 10_000 } as const
const ASKED_DELAY_MAX_MS = 300_000
/** When the server is overloaded but names no delay. */
const ASKED_DELAY_UNTOLD_MS = 1_000
const RENEW_AT_LIFE = 0.8

export const initialState = (endpoint: number): State => ({
  name: 'idle',
  trail: { failures: 1, endpoint, hasToken: false, askedDelayMs: undefined },
})

const to = (state: State, ...effects: readonly Effect[]): Step => ({ state, effects })

export function step(state: State, event: ConnectionEvent, moment: Moment, policy: Policy): Step {
  if (event.type === 'stop') return stop(state)
  if (event.type === 'refuse') return refuse(state, event.reason)
  switch (state.name) {
    case 'idle':
      return event.type === 'start' ? begin(state.trail, moment) : to(state)
    case 'waiting':
      return whileWaiting(state, event, moment)
    case 'fetchingToken':
      return whileFetching(state, event, moment, policy)
    case 'connecting':
      return whileConnecting(state, event, moment, policy)
    case 'resuming':
    case 'online':
      return whileLive(state, event, moment, policy)
    case 'refused':
    case 'stopped':
      return to(state)
    default:
      return unreachable(state)
  }
}

/** When the shell must send `deadline`; undefined: never. */
export function deadlineMs(state: State): number | undefined {
  switch (state.name) {
    case 'waiting':
      return state.untilMs
    case 'fetchingToken':
    case 'connecting':
      return state.deadlineMs
    case 'resuming':
      return Math.min(state.deadlineMs, livenessDueMs(state.liveness), state.renewAtMs ?? Infinity)
    case 'online':
      return Math.min(livenessDueMs(state.liveness), state.renewAtMs ?? Infinity)
    case 'idle':
    case 'refused':
    case 'stopped':
      return undefined
    default:
      return unreachable(state)
  }
}

const isOpen = ({ name }: State): boolean => name === 'connecting' || name === 'resuming' || name === 'online'

function stop(state: State): Step {
  return to({ name: 'stopped' }, ...closing(state, 'stopped'))
}

function refuse(state: State, reason: string): Step {
  if (state.name === 'stopped' || state.name === 'refused') return to(state)
  return to({ name: 'refused', reason }, ...closing(state, 'refused'))
}

const closing = (state: State, reason: string): readonly Effect[] =>
  isOpen(state) ? [{ do: 'close', code: 1000, reason }] : []

function begin(trail: Trail, { nowMs }: Moment): Step {
  if (!trail.hasToken) {
    return to({ name: 'fetchingToken', trail, deadlineMs: nowMs + TOKEN_FETCH_MS }, { do: 'fetchToken' })
  }
  const fresh = { ...trail, askedDelayMs: undefined }
  return to(
    { name: 'connecting', trail: fresh, deadlineMs: nowMs + HANDSHAKE_MS },
    { do: 'open', endpoint: trail.endpoint },
  )
}

function whileWaiting(
  state: Extract<State, { name: 'waiting' }>,
  event: ConnectionEvent,
  moment: Moment,
): Step {
  switch (event.type) {
    case 'deadline':
      return moment.nowMs >= state.untilMs ? begin(state.trail, moment) : to(state)
    case 'networkOnline':
    case 'becameVisible':
    case 'clockJumped':
      return state.directed ? to(state) : begin(state.trail, moment)
    default:
      return to(state)
  }
}

function whileFetching(
  state: Extract<State, { name: 'fetchingToken' }>,
  event: ConnectionEvent,
  moment: Moment,
  policy: Policy,
): Step {
  switch (event.type) {
    case 'tokenReady':
      return begin({ ...state.trail, hasToken: true }, moment)
    case 'tokenFailed':
      if (!policy.tokenRenewable) return to({ name: 'refused', reason: event.reason })
      return retry(state.trail, moment, `no token: ${event.reason}`)
    case 'deadline':
      if (moment.nowMs < state.deadlineMs) return to(state)
      return retry(state.trail, moment, `no token within ${TOKEN_FETCH_MS} ms`)
    default:
      return to(state)
  }
}

function whileConnecting(
  state: Extract<State, { name: 'connecting' }>,
  event: ConnectionEvent,
  moment: Moment,
  policy: Policy,
): Step {
  const { trail } = state
  switch (event.type) {
    case 'opened':
      return to(state, { do: 'handshake' })
    case 'welcome':
      return to({
        name: 'resuming',
        trail: { ...trail, askedDelayMs: undefined },
        deadlineMs: moment.nowMs + RESUME_MS,
        liveness: aliveSince(moment.nowMs, event.heartbeatMs),
        renewAtMs: renewAt(moment.nowMs, event.tokenLifeMs, policy),
        renewFailures: 0,
      })
    case 'errorFrame':
      return to({ ...state, trail: { ...trail, askedDelayMs: event.retryAfterMs ?? trail.askedDelayMs } })
    case 'closed':
      return afterClose(trail, event, moment, policy)
    case 'deadline': {
      if (moment.nowMs < state.deadlineMs) return to(state)
      return dropped(trail, moment, policy, `no welcome within ${HANDSHAKE_MS} ms`)
    }
    default:
      return to(state)
  }
}

const renewAt = (nowMs: number, lifeMs: number, policy: Policy): number | undefined =>
  policy.tokenRenewable ? nowMs + Math.max(1_000, lifeMs * RENEW_AT_LIFE) : undefined

function whileLive(
  state: LiveState,
  event: Exclude<ConnectionEvent, { type: 'stop' | 'refuse' }>,
  moment: Moment,
  policy: Policy,
): Step {
  const { nowMs } = moment
  const alive = state.liveness
  switch (event.type) {
    case 'resumed':
      if (state.name === 'online') return to(state)
      return to({
        name: 'online',
        trail: state.trail,
        sinceMs: nowMs,
        liveness: alive,
        renewAtMs: state.renewAtMs,
        renewFailures: state.renewFailures,
      })
    case 'heard':
      return to({ ...state, liveness: heard(alive, nowMs) })
    case 'pong':
      return to({ ...state, liveness: heardPong(alive, event.n) })
    case 'wrote':
      return to({ ...state, liveness: wrote(alive, nowMs) })
    case 'sendPending':
    case 'noSendPending':
      return to({ ...state, liveness: sendsPending(alive, event.type === 'sendPending', nowMs) })
    case 'networkOnline':
    case 'becameVisible':
    case 'clockJumped': {
      const liveness = doubt(alive, nowMs)
      return to({ ...state, liveness }, { do: 'ping', n: liveness.pings })
    }
    case 'tokenReady':
      return to(state, { do: 'auth' })
    case 'tokenFailed':
      return to(renewLater(state, moment))
    case 'renewed':
      return to({ ...state, renewAtMs: renewAt(nowMs, event.tokenLifeMs, policy), renewFailures: 0 })
    case 'errorFrame': {
      const trail = { ...state.trail, askedDelayMs: event.retryAfterMs ?? state.trail.askedDelayMs }
      const next = { ...state, trail }
      // The renewal was refused; the old token still counts until it ends.
      const refused = policy.tokenRenewable && remedyFor(event.code) === 'reauthenticate'
      return to(refused ? renewLater(next, moment) : next)
    }
    case 'closed':
      return afterClose(afterLive(state, nowMs), event, moment, policy)
    case 'deadline':
      return liveDeadline(state, moment, policy)
    case 'start':
    case 'opened':
    case 'welcome':
      return to(state)
    default:
      return unreachable(event)
  }
}

const renewLater = (state: LiveState, { nowMs, roll }: Moment): LiveState => ({
  ...state,
  renewAtMs: nowMs + 1_000 + fullJitterMs(BACKOFF, state.renewFailures, { next: () => roll }),
  renewFailures: state.renewFailures + 1,
})

function liveDeadline(state: LiveState, moment: Moment, policy: Policy): Step {
  const { nowMs } = moment
  const liveness = checkLiveness(state.liveness, nowMs)
  if (liveness === 'dead') return dropped(afterLive(state, nowMs), moment, policy, 'the server fell silent')
  if (state.name === 'resuming' && state.deadlineMs <= nowMs) {
    return dropped(afterLive(state, nowMs), moment, policy, `not resumed within ${RESUME_MS} ms`)
  }
  const effects: Effect[] = []
  if (liveness.pings !== state.liveness.pings) effects.push({ do: 'ping', n: liveness.pings })
  const renew = (state.renewAtMs ?? Infinity) <= nowMs
  if (renew) effects.push({ do: 'fetchToken' })
  return to({ ...state, liveness, renewAtMs: renew ? undefined : state.renewAtMs }, ...effects)
}

/** A connection that was steady wipes the slate; one that was not counts as a failure. */
function afterLive(state: LiveState, nowMs: number): Trail {
  const steady = state.name === 'online' && nowMs - state.sinceMs >= STEADY_MS
  return steady
    ? { ...state.trail, failures: 0 }
    : { ...state.trail, failures: Math.max(1, state.trail.failures) }
}

/** We give this connection up. */
function dropped(trail: Trail, moment: Moment, policy: Policy, reason: string): Step {
  const next = retry(elsewhere(trail, policy), moment, reason)
  // Browsers allow 1000 and 3000–4999 only.
  return to(next.state, { do: 'close', code: CLOSE.heartbeatTimeout, reason }, ...next.effects)
}

const elsewhere = (trail: Trail, policy: Policy): Trail => ({
  ...trail,
  endpoint: (trail.endpoint + 1) % policy.endpoints,
})

function afterClose(
  trail: Trail,
  { code, reason }: { code: number; reason: string },
  moment: Moment,
  policy: Policy,
): Step {
  const why = reason === '' ? `closed with ${code}` : `${reason} (${code})`
  const action = closeAction(code)
  switch (action) {
    case 'giveUp':
      return to({ name: 'refused', reason: why })
    case 'reauthenticate':
      if (!policy.tokenRenewable) return to({ name: 'refused', reason: why })
      return retry({ ...trail, hasToken: false }, moment, why)
    case 'wait':
      return retry(
        { ...elsewhere(trail, policy), askedDelayMs: trail.askedDelayMs ?? ASKED_DELAY_UNTOLD_MS },
        moment,
        why,
      )
    case 'retry':
    case 'retryElsewhere':
      return retry(elsewhere(trail, policy), moment, why)
    default:
      return unreachable(action)
  }
}

/** Full jitter, unless the server named a delay: then that, stretched by up to a tenth. */
function retry(trail: Trail, { nowMs, roll }: Moment, reason: string): Step {
  const next: Trail = { ...trail, failures: trail.failures + 1, askedDelayMs: undefined }
  const askedMs = trail.askedDelayMs
  if (askedMs !== undefined) {
    const delayMs = Math.min(askedMs, ASKED_DELAY_MAX_MS) * (1 + roll / 10)
    return to({ name: 'waiting', trail: next, untilMs: nowMs + delayMs, reason, directed: true })
  }
  const delayMs =
    trail.failures === 0
      ? roll * FIRST_RETRY_MS
      : fullJitterMs(BACKOFF, trail.failures - 1, { next: () => roll })
  return to({ name: 'waiting', trail: next, untilMs: nowMs + delayMs, reason, directed: false })
}
