import { type Hello, PROTOCOL_REVISION, userLogId } from '@skein/protocol'
import { AuthError, type Identity } from '../auth/authenticator.ts'
import { cursorOf } from '../delivery/cursors.ts'
import { problemOf } from './problem.ts'
import type { Session } from './session.ts'

/** Asks the gate, verifies the token, reads the user's state and follows the user's own log, in that order. */
export function admit(session: Session, hello: Hello): void {
  void (async () => {
    try {
      // What came in the same message is read first: a resume in it tells that the client returns.
      await Promise.resolve()
      const refusal = session.context.gate.refusal(session.returns ? 'resume' : 'new')
      if (refusal !== undefined) return session.dispatch({ on: 'refused', ...refusal })
      const { rateLimits } = session.context
      const flood = rateLimits?.knock(session.remote)
      if (flood !== undefined) return session.dispatch({ on: 'refused', ...flood })
      const identity = await session.context.authenticator.verify(hello.token)
      if (rateLimits !== undefined) {
        const who = { address: session.remote, ...identity, instance: hello.instance }
        const limited = await rateLimits.connect(who)
        if (limited !== undefined) return session.dispatch({ on: 'refused', ...limited })
        session.sender = rateLimits.sender(who)
      }
      await enter(session, identity, hello.instance)
    } catch (error) {
      session.dispatch({ on: 'refused', ...problemOf(error, session.context) })
    }
  })()
}

/** A new token for a live connection. */
export function renew(session: Session, token: string): void {
  void (async () => {
    try {
      const identity = await session.context.authenticator.verify(token)
      requireValid(identity, session.validAfterMs)
      session.dispatch({ on: 'renewed', identity })
    } catch (error) {
      session.dispatch({ on: 'refused', ...problemOf(error, session.context) })
    }
  })()
}

export function welcome(session: Session, identity: Identity): void {
  const { nodeName, runtime, limits, store, counters } = session.context
  counters.accepted++
  session.frame({
    t: 'welcome',
    session: session.id,
    app: identity.app,
    user: identity.user,
    node: nodeName,
    origin: store.identity.origin,
    heartbeatMs: limits.heartbeatMs,
    at: Math.floor(runtime.clock.now()),
    expiresAt: identity.expiresAtMs,
    revision: PROTOCOL_REVISION,
  })
}

async function enter(session: Session, identity: Identity, instance: string | undefined): Promise<void> {
  const { hub, users, runtime } = session.context
  // Follow first, read then: what is committed in between is held, not missed.
  const log = hub.pin(identity.app, userLogId(identity.user))
  try {
    const readAtMs = runtime.clock.monotonicMs()
    const held = await users.load({ app: identity.app, user: identity.user })
    requireValid(identity, held.sessionsValidAfterMs)
    session.validAfterMs = held.sessionsValidAfterMs
    await hub.catchUp(log, held.log, readAtMs)
    session.admission = { held, readAtMs }
    session.dispatch({ on: 'admitted', identity })
    if (session.isActive && instance !== undefined) session.context.directory.claim(session, instance)
    // A revocation must reach also a session that never resumes.
    const until = cursorOf(held.log)
    if (session.isActive && !session.hasResumed)
      session.follow(log, log.hasPassed(until) ? until : log.cursor(), {})
  } finally {
    hub.unpin(log)
  }
}

function requireValid(identity: Identity, validAfterMs: number): void {
  if (identity.issuedAtMs < validAfterMs)
    throw new AuthError('revoked', 'the token was revoked: get a new one')
}
