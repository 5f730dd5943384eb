import { LIMITS } from '@skein/protocol'

/**
 * Whether the other side is still there, from what was sent and heard. Pure.
 *
 * - Nothing sent, or nothing heard, for `heartbeatMs`: ping; anything heard within 4 s is good.
 * - A send unanswered for 1.5 s: ping; nothing heard 1.5 s later: dead. So 3 s with a send pending.
 * - A doubt (network came back, page visible, clock jumped): ping; 2 s.
 * - A pong missing for 15 s although other frames come: what we send does not arrive.
 */
export interface Liveness {
  readonly heartbeatMs: number
  readonly lastSentMs: number
  readonly lastHeardMs: number
  /** Any frame must be heard until then. */
  readonly hearUntilMs: number | undefined
  /** The pong of the newest ping must be heard until then. */
  readonly pongUntilMs: number | undefined
  /** Sends wait for answers, and nothing was heard since then. */
  readonly waitingSinceMs: number | undefined
  /** Pings sent; the number in the newest. */
  readonly pings: number
}

const SEND_DOUBT_MS = LIMITS.pendingProbeMs
const SEND_PROBE_MS = LIMITS.pendingProbeMs
const HEARTBEAT_WAIT_MS = LIMITS.pongMs
const DOUBT_WAIT_MS = 2_000
const PONG_WAIT_MS = 15_000

export const aliveSince = (nowMs: number, heartbeatMs: number): Liveness => ({
  heartbeatMs,
  lastSentMs: nowMs,
  lastHeardMs: nowMs,
  hearUntilMs: undefined,
  pongUntilMs: undefined,
  waitingSinceMs: undefined,
  pings: 0,
})

export const wrote = (live: Liveness, nowMs: number): Liveness => ({ ...live, lastSentMs: nowMs })

export const heard = (live: Liveness, nowMs: number): Liveness => ({
  ...live,
  lastHeardMs: nowMs,
  hearUntilMs: undefined,
  waitingSinceMs: live.waitingSinceMs === undefined ? undefined : nowMs,
})

export const heardPong = (live: Liveness, n: number): Liveness =>
  n === live.pings ? { ...live, pongUntilMs: undefined } : live

export function sendsPending(live: Liveness, pending: boolean, nowMs: number): Liveness {
  if (!pending) return { ...live, waitingSinceMs: undefined }
  if (live.waitingSinceMs !== undefined) return live
  const latestMs = nowMs + SEND_DOUBT_MS + SEND_PROBE_MS
  return {
    ...live,
    waitingSinceMs: nowMs,
    hearUntilMs: live.hearUntilMs === undefined ? undefined : Math.min(live.hearUntilMs, latestMs),
  }
}

const ping = (live: Liveness, nowMs: number, waitMs: number): Liveness => ({
  ...live,
  lastSentMs: nowMs,
  hearUntilMs: Math.min(live.hearUntilMs ?? Infinity, nowMs + waitMs),
  pongUntilMs: live.pongUntilMs ?? nowMs + PONG_WAIT_MS,
  pings: live.pings + 1,
})

export const doubt = (live: Liveness, nowMs: number): Liveness => ping(live, nowMs, DOUBT_WAIT_MS)

/** Who asks again and again and hears nothing must not take its own questions for a sign of life. */
const heartbeatDueMs = (live: Liveness): number =>
  Math.min(live.lastSentMs, live.lastHeardMs) + live.heartbeatMs

/** What is due now: `dead`, or the liveness after the ping that is due (its `pings` grew), or the same. */
export function checkLiveness(live: Liveness, nowMs: number): Liveness | 'dead' {
  if ((live.hearUntilMs ?? Infinity) <= nowMs || (live.pongUntilMs ?? Infinity) <= nowMs) return 'dead'
  if (live.hearUntilMs !== undefined) return live
  if ((live.waitingSinceMs ?? Infinity) + SEND_DOUBT_MS <= nowMs) return ping(live, nowMs, SEND_PROBE_MS)
  if (heartbeatDueMs(live) <= nowMs) return ping(live, nowMs, HEARTBEAT_WAIT_MS)
  return live
}

/** When `checkLiveness` has something to say. */
export function livenessDueMs(live: Liveness): number {
  const limitMs = Math.min(live.hearUntilMs ?? Infinity, live.pongUntilMs ?? Infinity)
  if (live.hearUntilMs !== undefined) return limitMs
  return Math.min(limitMs, (live.waitingSinceMs ?? Infinity) + SEND_DOUBT_MS, heartbeatDueMs(live))
}
