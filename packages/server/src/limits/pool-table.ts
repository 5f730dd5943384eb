import { QuotaPool, type QuotaTerms } from './quota-pool.ts'

/** Pools of one generation; there are two. About 200 bytes each. */
export const MAX_POOLS = 100_000

/**
 * The pools of all keys, in two generations: whoever did not send for a whole one is forgotten, since its
 * pool is as good as new. Who holds pools asks again when `era` has changed.
 */
export class PoolTable {
  readonly #maxPools: number
  #young = new Map<string, QuotaPool>()
  #old = new Map<string, QuotaPool>()
  #era = 0

  constructor(maxPools = MAX_POOLS) {
    this.#maxPools = maxPools
  }

  get era(): number {
    return this.#era
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string, terms: QuotaTerms): QuotaPool {
    const known = this.#young.get(key)
    if (known !== undefined) return known
    const pool = this.#old.get(key) ?? new QuotaPool(key, terms)
    if (this.#young.size >= this.#maxPools) this.age()
    this.#young.set(key, pool)
    return pool
  }

  age(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#era++
  }
}
