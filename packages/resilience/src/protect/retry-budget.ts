import { optionAbove, optionBetween } from '../options.ts'

export interface RetryBudgetOptions {
  /** Retries per request, e.g. 0.2: at most one retry for five requests (≥ 0). */
  readonly ratio: number
  /** So many per second beside that, so that who asks rarely may retry at all (≥ 0). */
  readonly leastPerSecond: number
  /** Requests of this long ago still pay for a retry, in milliseconds (> 0). */
  readonly windowMs: number
}

/** Finagle's. */
export const DEFAULT_RETRY_BUDGET: RetryBudgetOptions = { ratio: 0.2, leastPerSecond: 10, windowMs: 10_000 }

const SLICES = 10

interface Slice {
  index: number
  requests: number
  retries: number
}

/**
 * Bounds retries to a part of the requests, so that a fault of everybody is not answered with many times
 * the load. Whenever it lets one through, the last window had retries ≤ ratio × requests + leastPerSecond ×
 * window.
 * Source: Finagle, `RetryBudget` (Twitter). Moments are monotonic milliseconds.
 */
export class RetryBudget {
  readonly #options: RetryBudgetOptions
  readonly #sliceMs: number
  readonly #slices: Slice[] = Array.from({ length: SLICES }, () => ({ index: -1, requests: 0, retries: 0 }))

  /** @throws OptionError by name and value. */
  constructor(options: RetryBudgetOptions = DEFAULT_RETRY_BUDGET) {
    optionBetween('ratio', options.ratio, 0, Infinity)
    optionBetween('leastPerSecond', options.leastPerSecond, 0, Infinity)
    optionAbove('windowMs', options.windowMs, 0)
    this.#options = options
    this.#sliceMs = options.windowMs / SLICES
  }

  /** A request is made, for the first time. */
  requested(nowMs: number): void {
    this.#slice(nowMs).requests++
  }

  /** Whether it may be made again; if so, that is paid for. */
  tryRetry(nowMs: number): boolean {
    if (this.balance(nowMs) < 1) return false
    this.#slice(nowMs).retries++
    return true
  }

  /** How many retries are left now. */
  balance(nowMs: number): number {
    const { ratio, leastPerSecond, windowMs } = this.#options
    const oldest = Math.floor(nowMs / this.#sliceMs) - SLICES
    let left = (leastPerSecond * windowMs) / 1_000
    for (const { index, requests, retries } of this.#slices) {
      if (index > oldest) left += ratio * requests - retries
    }
    // 3 × 0.2 + … is not exactly 1.
    return Math.max(0, Math.round(left * 1e9) / 1e9)
  }

  #slice(nowMs: number): Slice {
    const index = Math.floor(nowMs / this.#sliceMs)
    const place = index % SLICES
    const known = this.#slices[place]
    if (known?.index === index) return known
    const fresh = { index, requests: 0, retries: 0 }
    this.#slices[place] = fresh
    return fresh
  }
}
