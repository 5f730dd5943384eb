import type { Runtime } from '@skein/core'
import type { GuardedLimits } from './guarded-limits.ts'
import type { QuotaPool } from './quota-pool.ts'

/** Slices that are asked for in one question. */
const MAX_SLICES = 200

interface Asked {
  readonly pool: QuotaPool
  readonly most: number
}

export interface LeaseDeskOptions {
  readonly shared: GuardedLimits
  readonly runtime: Runtime
  /** Some pools know more than before: who waits for one may look again. */
  onAnswered(nowMs: number): void
}

/** Fetches slices of quota: what is asked for in one turn of the loop is one round trip. */
export class LeaseDesk {
  readonly #options: LeaseDeskOptions
  #asked: Asked[] = []

  constructor(options: LeaseDeskOptions) {
    this.#options = options
  }

  /** A pool asks once at a time. */
  ask(pool: QuotaPool, most: number): void {
    if (this.#asked.push({ pool, most }) === 1) this.#options.runtime.timers.afterTurn(() => this.#send())
  }

  #send(): void {
    const asked = this.#asked
    this.#asked = []
    for (let from = 0; from < asked.length; from += MAX_SLICES)
      void this.#fetch(asked.slice(from, from + MAX_SLICES))
  }

  /** Never rejects: the shared limits are guarded. */
  async #fetch(asked: readonly Asked[]): Promise<void> {
    const { shared, runtime } = this.#options
    const askedAtMs = runtime.clock.monotonicMs()
    const takes = asked.flatMap(({ pool: { key, terms }, most }) =>
      terms.shared === undefined ? [] : [{ key, limit: terms.shared.limit, cost: most }],
    )
    const leases = await shared.takeUpTo(takes)
    const nowMs = runtime.clock.monotonicMs()
    const { retryAfterMs } = shared
    for (const [index, { pool }] of asked.entries()) {
      const lease = leases?.[index]
      if (lease === undefined) pool.away(retryAfterMs, nowMs)
      else pool.answered(lease, askedAtMs, nowMs)
    }
    this.#options.onAnswered(nowMs)
  }
}
