import { assert } from '@skein/core'

/** Round-trip times of one endpoint, smoothed. */
export interface PeakEwma {
  readonly costMs: number
  /** Of the last round trip, monotonic. */
  readonly atMs: number
}

/** Weight of what was before falls to 1/e in this time. */
export const RTT_DECAY_MS = 10_000
/** An older measure says nothing about now. */
export const RTT_TTL_MS = 60_000

/**
 * Tells a round trip (a handshake, a ping; never the lifetime of a session). A rise counts at once, a fall
 * only with time, so that an endpoint that hangs now and then is not forgiven quickly.
 * Source: Finagle, `PeakEwma` (Marius Eriksen et al., Twitter). There the cost also falls while nothing is
 * measured; here it expires instead: silence is no good news.
 */
export function observeRtt(
  before: PeakEwma | undefined,
  rttMs: number,
  nowMs: number,
  decayMs = RTT_DECAY_MS,
): PeakEwma {
  assert(rttMs >= 0, `rttMs must be at least 0, got ${rttMs}`)
  if (before === undefined || rttMs > before.costMs) return { costMs: rttMs, atMs: nowMs }
  const kept = Math.exp(-Math.max(0, nowMs - before.atMs) / decayMs)
  return { costMs: before.costMs * kept + rttMs * (1 - kept), atMs: nowMs }
}
