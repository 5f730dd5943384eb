import { assert } from '@skein/core'

export interface RateLimit {
  /** Sustained rate, per second (> 0). */
  readonly perSecond: number
  /** How many may come at once (≥ 1). */
  readonly burst: number
}

export type GcraVerdict =
  | { readonly admitted: true; readonly theoreticalArrivalMs: number }
  | { readonly admitted: false; readonly theoreticalArrivalMs: number; readonly retryAfterMs: number }

/**
 * Generic cell rate algorithm (ITU-T I.371), virtual scheduling form: one number of state.
 * @param theoreticalArrivalMs state from the previous verdict; 0 at the start
 */
export function gcra(limit: RateLimit, theoreticalArrivalMs: number, nowMs: number, cost = 1): GcraVerdict {
  assert(limit.perSecond > 0, `perSecond must be above 0, got ${limit.perSecond}`)
  assert(limit.burst >= 1, `burst must be at least 1, got ${limit.burst}`)
  const intervalMs = 1000 / limit.perSecond
  const toleranceMs = intervalMs * limit.burst
  const next = Math.max(theoreticalArrivalMs, nowMs) + intervalMs * cost
  const earlyMs = next - nowMs - toleranceMs
  if (earlyMs > 1e-6) return { admitted: false, theoreticalArrivalMs, retryAfterMs: earlyMs }
  return { admitted: true, theoreticalArrivalMs: next }
}

export interface GcraTaken {
  /** How many of those that were wanted are admitted; whole. */
  readonly taken: number
  readonly theoreticalArrivalMs: number
  /** When none is: how long until there is one. */
  readonly retryAfterMs: number
}

/** As many as the limit has now, up to `most`: what leases a slice of quota. */
export function gcraUpTo(
  limit: RateLimit,
  theoreticalArrivalMs: number,
  nowMs: number,
  most: number,
): GcraTaken {
  const intervalMs = 1000 / limit.perSecond
  const usedMs = Math.max(0, theoreticalArrivalMs - nowMs)
  const left = Math.floor(limit.burst - usedMs / intervalMs + 1e-9)
  const verdict = gcra(limit, theoreticalArrivalMs, nowMs, Math.max(1, Math.min(most, left)))
  return verdict.admitted
    ? { taken: Math.min(most, left), theoreticalArrivalMs: verdict.theoreticalArrivalMs, retryAfterMs: 0 }
    : { taken: 0, theoreticalArrivalMs, retryAfterMs: verdict.retryAfterMs }
}
