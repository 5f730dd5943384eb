import { assert } from '@skein/core'
import { gcra, type RateLimit } from '@skein/resilience'

export interface KeyedLimiterOptions {
  /** How many keys are remembered at most (≥ 2). Beyond, those that were quiet longest are forgotten first. */
  readonly maxKeys: number
}

export type Taken = { readonly admitted: true } | { readonly admitted: false; readonly retryAfterMs: number }

const ADMITTED: Taken = { admitted: true }

/**
 * One limit for each of many keys: addresses, users, API keys. Keys live in two generations. After the time
 * in which an empty limit fills up the older one is dropped: what it held has its whole burst again, so
 * forgetting it changes nothing. No sweep, no timer, and never more than `maxKeys`.
 */
export class KeyedLimiter {
  readonly #limit: RateLimit
  readonly #maxPerGeneration: number
  readonly #fullAfterMs: number
  #young = new Map<string, number>()
  #old = new Map<string, number>()
  #youngSinceMs = -Infinity
  #refused = 0

  /** @throws for a limit or bound that makes no sense, by its name and value. */
  constructor(limit: RateLimit, { maxKeys }: KeyedLimiterOptions) {
    assert(limit.perSecond > 0, `perSecond must be above 0, got ${limit.perSecond}`)
    assert(limit.burst >= 1, `burst must be at least 1, got ${limit.burst}`)
    assert(maxKeys >= 2, `maxKeys must be at least 2, got ${maxKeys}`)
    this.#limit = limit
    this.#maxPerGeneration = Math.floor(maxKeys / 2)
    this.#fullAfterMs = (limit.burst * 1_000) / limit.perSecond
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** Turned away since the start. */
  get refused(): number {
    return this.#refused
  }

  /** @param nowMs monotonic; @param cost at most the burst: more could never be admitted */
  take(key: string, nowMs: number, cost = 1): Taken {
    assert(cost <= this.#limit.burst, 'cost must be at most the burst')
    if (nowMs - this.#youngSinceMs >= this.#fullAfterMs) this.#age(nowMs)
    const known = this.#young.get(key)
    const before = known ?? this.#old.get(key)
    const verdict = gcra(this.#limit, before ?? 0, nowMs, cost)
    // A refused one is carried on too: who keeps asking is not forgotten for those who come once.
    if (verdict.admitted || (known === undefined && before !== undefined)) {
      if (known === undefined && this.#young.size >= this.#maxPerGeneration) this.#age(nowMs)
      this.#young.set(key, verdict.theoreticalArrivalMs)
    }
    if (verdict.admitted) return ADMITTED
    this.#refused++
    return { admitted: false, retryAfterMs: verdict.retryAfterMs }
  }

  #age(nowMs: number): void {
    const isLongAgo = nowMs - this.#youngSinceMs >= 2 * this.#fullAfterMs
    this.#old = isLongAgo ? new Map<string, number>() : this.#young
    this.#young = new Map()
    this.#youngSinceMs = nowMs
  }
}
