import type { DispatchDocument } from '@skein/protocol'

/** Nobody asks more often than this, however short a list is fresh; unless it is of no use. */
export const REFRESH_MIN_MS = 60_000
/**
 * A list of one endpoint leaves no choice, and is often what is said at the start of a cluster or after a
 * great loss: it is asked about again after this, twice as long each time, up to the usual.
 */
export const LONELY_REFRESH_MS = 10_000
/** Between attempts in vain: while nothing is at hand, and while something is. */
export const EMPTY_BACKOFF = { baseMs: 1_000, maxMs: 30_000 } as const
export const HELD_BACKOFF = { baseMs: 4_000, maxMs: 300_000 } as const
/** A delay that a server asks for is believed up to this. */
const ASKED_MAX_MS = 300_000

export interface RefreshState {
  readonly held: DispatchDocument | undefined
  /** In a row. */
  readonly failures: number
  readonly askedDelayMs: number | undefined
  /** Lists in a row, the one that is held included, that named one endpoint only. */
  readonly lonely: number
}

/**
 * How long until the next attempt. After an answer: when it stops being fresh, and up to half as long again;
 * a list from the future is fresh no longer than one from now.
 * After none: a backoff, at least half of it, since an attempt asks all mirrors.
 * @param nowMs wall clock
 * @param roll uniform in [0, 1)
 */
export function refreshDelayMs(
  { held, failures, askedDelayMs, lonely }: RefreshState,
  nowMs: number,
  roll: number,
): number {
  const asked = Math.min(askedDelayMs ?? 0, ASKED_MAX_MS) * (1 + roll / 10)
  if (failures > 0) {
    const backoff = held === undefined ? EMPTY_BACKOFF : HELD_BACKOFF
    const ceilingMs = Math.min(backoff.maxMs, backoff.baseMs * 2 ** (failures - 1))
    return Math.max(asked, ceilingMs * (0.5 + roll / 2))
  }
  const freshMs = held === undefined ? 0 : Math.min(held.ttlMs, held.issuedAt + held.ttlMs - nowMs)
  const lonelyMs = lonely === 0 ? Infinity : LONELY_REFRESH_MS * 2 ** (lonely - 1)
  return Math.max(asked, Math.min(lonelyMs, Math.max(REFRESH_MIN_MS, freshMs)) * (1 + roll / 2))
}
