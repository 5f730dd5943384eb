import { assert, type Random } from '@skein/core'

export interface BackoffOptions {
  /** Upper bound of the first wait, in milliseconds (> 0). */
  readonly baseMs: number
  /** Upper bound of every wait, in milliseconds (≥ `baseMs`). */
  readonly maxMs: number
  /** Growth of the upper bound per attempt (≥ 1); 2 unless told. */
  readonly factor?: number
}

/**
 * Exponential backoff with full jitter: uniform in [0, min(max, base × factor^attempt)).
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 * @param attempt failures so far, from 0
 */
export function fullJitterMs(options: BackoffOptions, attempt: number, random: Random): number {
  const { baseMs, maxMs, factor = 2 } = options
  assert(baseMs > 0, `baseMs must be above 0, got ${baseMs}`)
  assert(maxMs >= baseMs, `maxMs must be at least baseMs (${baseMs}), got ${maxMs}`)
  assert(factor >= 1, `factor must be at least 1, got ${factor}`)
  const ceiling = Math.min(maxMs, baseMs * factor ** Math.max(0, attempt))
  return random.next() * ceiling
}
