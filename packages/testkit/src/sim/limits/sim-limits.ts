import { MemoryLimits, RateLimiter, silentLogger, type RateLimits, type SharedLimits } from '@skein/server'
import type { FaultCount } from '../faults/fault-kinds.ts'
import { seedFrom, type Actor, type VirtualTime } from '../virtual-time.ts'
import type { Random } from '@skein/core'

/** What a world limits, and whether something counts for all nodes. */
export interface LimitTerms {
  readonly limits: RateLimits
  readonly isShared: boolean
}

const ANSWER_MS = 1
/** Longer than any node waits. */
const HUNG_MS = 20_000

/** The rate limits of a simulated cluster: one count for all, as far away from every node as a Redis. */
export class SimLimits {
  readonly terms: LimitTerms | undefined
  readonly #faults: FaultCount
  readonly #count: MemoryLimits

  constructor(time: VirtualTime, random: Random, faults: FaultCount, terms: LimitTerms | undefined) {
    this.terms = terms
    this.#faults = faults
    this.#count = new MemoryLimits(time.actor(seedFrom(random)))
    this.heal()
  }

  get isShared(): boolean {
    return this.terms?.isShared === true
  }

  /** Nobody is answered: refused at once, or not at all. */
  break(how: 'away' | 'hung'): void {
    if (!this.isShared) return
    this.#faults.add(how === 'away' ? 'limitsAway' : 'limitsHung')
    if (how === 'away') this.#count.isAway = true
    else this.#count.answerMs = HUNG_MS
  }

  heal(): void {
    this.#count.isAway = false
    this.#count.answerMs = ANSWER_MS
  }

  /** For one process. */
  limiterFor(actor: Actor, liveNodes: () => number): RateLimiter | undefined {
    if (this.terms === undefined) return undefined
    const { limits, isShared } = this.terms
    const count = this.#count
    const shared: SharedLimits = {
      takeAll: (takes) => actor.hear(count.takeAll(takes)),
      takeUpTo: (takes) => actor.hear(count.takeUpTo(takes)),
      close: () => Promise.resolve(),
    }
    return new RateLimiter({
      limits,
      ...(isShared && { shared }),
      liveNodes,
      runtime: actor,
      logger: silentLogger,
    })
  }
}
