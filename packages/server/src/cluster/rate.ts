import { assert } from '@skein/core'

/**
 * An exponentially weighted rate per second: what happened `halfLifeMs` ago counts half. Irregular
 * intervals are weighted by their length, so that it does not matter how often it is asked.
 */
export function rateAfter(perSecond: number, counted: number, elapsedMs: number, halfLifeMs: number): number {
  assert(halfLifeMs > 0, `halfLifeMs must be above 0, got ${halfLifeMs}`)
  if (elapsedMs <= 0) return perSecond
  const kept = 2 ** (-elapsedMs / halfLifeMs)
  return perSecond * kept + ((counted * 1_000) / elapsedMs) * (1 - kept)
}
