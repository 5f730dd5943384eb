import { assert, type Random } from '@skein/core'
import { gcra } from '@skein/resilience'

export type Arrival = 'new' | 'resume'

export interface AcceptOptions {
  /** New sessions that the node can take per second. A resume costs `resumeCost` of one. */
  readonly perSecond: number
  /** So many new sessions may come at once. */
  readonly burst: number
  /** A resume needs mostly no token check and tells no states; between 0 and 1. */
  readonly resumeCost: number
  /** Nobody is sent away for longer. When more are waiting than fit, they come at random within it. */
  readonly maxRetryAfterMs: number
}

/** What does not depend on the machine. The rate and the burst are limits of the node. */
export const ACCEPT_COSTS: Pick<AcceptOptions, 'resumeCost' | 'maxRetryAfterMs'> = {
  // Measured: 0.34 ms of the process with a known token, against 0.70 ms for a new session.
  resumeCost: 0.5,
  maxRetryAfterMs: 8_000,
}

export interface AcceptState {
  readonly theoreticalArrivalMs: number
  /** Everybody who was sent away was told a moment up to this one. */
  readonly promisedUntilMs: number
}

export const UNUSED_BUDGET: AcceptState = { theoreticalArrivalMs: 0, promisedUntilMs: 0 }

export type AcceptVerdict =
  | { readonly kind: 'accept'; readonly state: AcceptState }
  | { readonly kind: 'wait'; readonly state: AcceptState; readonly retryAfterMs: number }

/** Clients' timers and the network are not exact; so much the promised moments differ anyway. */
const JITTER_MS = 250

/**
 * Connections at the rate that the node can take. Who has to wait is told a moment of his own, one after
 * the other at that same rate: so they return as a stream, not as the storm that they were.
 */
export function acceptArrival(
  options: AcceptOptions,
  before: AcceptState,
  arrival: Arrival,
  now: { readonly nowMs: number; readonly random: Random },
): AcceptVerdict {
  const { perSecond, burst, resumeCost, maxRetryAfterMs } = options
  assert(resumeCost > 0 && resumeCost <= 1, `resumeCost must be in (0, 1], got ${resumeCost}`)
  const cost = arrival === 'resume' ? resumeCost : 1
  const verdict = gcra({ perSecond, burst }, before.theoreticalArrivalMs, now.nowMs, cost)
  const state = { ...before, theoreticalArrivalMs: verdict.theoreticalArrivalMs }
  if (verdict.admitted) return { kind: 'accept', state }

  const earliestMs = now.nowMs + verdict.retryAfterMs
  const promisedUntilMs = Math.max(before.promisedUntilMs, earliestMs) + (cost * 1_000) / perSecond
  const waitMs = promisedUntilMs - now.nowMs + now.random.next() * JITTER_MS
  if (waitMs <= maxRetryAfterMs) {
    return { kind: 'wait', state: { ...state, promisedUntilMs }, retryAfterMs: Math.ceil(waitMs) }
  }
  // More than fit: the promise is not moved on, or it would never come back within the bound.
  const somewhenMs = verdict.retryAfterMs + now.random.next() * (maxRetryAfterMs - verdict.retryAfterMs)
  return { kind: 'wait', state, retryAfterMs: Math.ceil(Math.min(maxRetryAfterMs, somewhenMs)) }
}

/**
 * How many sessions a node may hold so that, when it dies, the others take them back within
 * `backWithinMs`. Alone there is nobody to take them: no bound.
 */
export function safeSessions(options: AcceptOptions, nodes: number, backWithinMs: number): number {
  if (nodes <= 1) return Infinity
  const resumesPerSecond = options.perSecond / options.resumeCost
  return Math.floor(((nodes - 1) * resumesPerSecond * backWithinMs) / 1_000)
}
