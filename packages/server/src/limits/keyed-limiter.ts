import { assert } from '@skein/core'
import { gcra, partOf, type RateLimit } from '@skein/resilience'

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
 *
 * `parts`: how many share the limit, as nodes do while nothing counts for all; each has its fair part.
 */
export class KeyedLimiter {
  readonly #limit: RateLimit
  readonly #maxPerGeneration: number
  #part: RateLimit
  #parts = 1
  #fullAfterMs: number
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
    this.#part = limit
    this.#maxPerGeneration = Math.floor(maxKeys / 2)
    this.#fullAfterMs = burstMs(limit)
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
  take(key: string, nowMs: number, cost = 1, parts = 1): Taken {
    const part = this.#partFor(parts)
    assert(cost <= part.burst, 'cost must be at most the burst')
    const verdict = gcra(part, this.#touch(key, nowMs), nowMs, cost)
    if (verdict.admitted) {
      this.#keep(key, nowMs, verdict.theoreticalArrivalMs)
      return ADMITTED
    }
    this.#refused++
    return { admitted: false, retryAfterMs: verdict.retryAfterMs }
  }

  /** How long until `take` would admit it; 0: now. Takes nothing. */
  waitMs(key: string, nowMs: number, cost = 1, parts = 1): number {
    const verdict = gcra(this.#partFor(parts), this.#touch(key, nowMs), nowMs, cost)
    return verdict.admitted ? 0 : verdict.retryAfterMs
  }

  /** It was admitted elsewhere and counts here too, up to the whole burst. */
  charge(key: string, nowMs: number, cost = 1, parts = 1): void {
    const part = this.#partFor(parts)
    const next = Math.max(this.#touch(key, nowMs), nowMs) + (cost * 1_000) / part.perSecond
    this.#keep(key, nowMs, Math.min(next, nowMs + burstMs(part)))
  }

  /** The key's state. Who keeps asking is carried on, and not forgotten for those who come once. */
  #touch(key: string, nowMs: number): number {
    if (nowMs - this.#youngSinceMs >= this.#fullAfterMs) this.#age(nowMs)
    const known = this.#young.get(key)
    if (known !== undefined) return known
    const before = this.#old.get(key)
    if (before === undefined) return 0
    this.#keep(key, nowMs, before)
    return before
  }

  #keep(key: string, nowMs: number, theoreticalArrivalMs: number): void {
    if (this.#young.size >= this.#maxPerGeneration && !this.#young.has(key)) this.#age(nowMs)
    this.#young.set(key, theoreticalArrivalMs)
  }

  #age(nowMs: number): void {
    const isLongAgo = nowMs - this.#youngSinceMs >= 2 * this.#fullAfterMs
    this.#old = isLongAgo ? new Map<string, number>() : this.#young
    this.#young = new Map()
    this.#youngSinceMs = nowMs
  }

  #partFor(parts: number): RateLimit {
    if (parts === this.#parts) return this.#part
    this.#parts = parts
    this.#part = partOf(this.#limit, parts)
    this.#fullAfterMs = Math.max(this.#fullAfterMs, burstMs(this.#part))
    return this.#part
  }
}

/** How long an empty limit takes to fill up. */
const burstMs = ({ perSecond, burst }: RateLimit): number => (burst * 1_000) / perSecond
