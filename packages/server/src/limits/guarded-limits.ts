import type { Runtime } from '@skein/core'
import { CircuitBreaker, type BreakerChange } from '@skein/resilience'
import { withDeadline } from '../cluster/deadline.ts'
import type { GuardStatus } from '../observe/guards.ts'
import type { Logger } from '../observe/logger.ts'
import type { SharedLease, SharedLimits, SharedTake, SharedVerdict } from './shared-limits.ts'

/** Nobody waits longer for Redis than this, connecting included: then this node's own part counts. */
export const ANSWER_MS = 250
/** Questions under way; one more is answered from this node's own part. */
export const MAX_QUESTIONS = 2_000

const BREAKER = {
  failures: 3,
  baseMs: 500,
  maxMs: 5_000,
  probeMs: 2 * ANSWER_MS,
  rates: { windowMs: 10_000, minimumCalls: 20, failureShare: 0.5, slowMs: ANSWER_MS / 2, slowShare: 0.8 },
} as const
/** While the breaker is closed a failure is asked about again after this. */
const AGAIN_MS = 100

export interface GuardedLimitsOptions {
  readonly shared: SharedLimits
  readonly runtime: Runtime
  readonly logger: Logger
}

/** The shared limits behind a deadline, a bulkhead and a breaker. Never rejects: no answer is `undefined`. */
export class GuardedLimits {
  readonly #options: GuardedLimitsOptions
  readonly #breaker: CircuitBreaker
  #underWay = 0
  #refusedByBreaker = 0
  #refusedByBulkhead = 0
  #lastError = ''

  constructor(options: GuardedLimitsOptions) {
    this.#options = options
    this.#breaker = new CircuitBreaker(BREAKER, options.runtime.random, (change) => this.#tell(change))
  }

  takeAll(takes: readonly SharedTake[]): Promise<SharedVerdict | undefined> {
    return this.#ask(() => this.#options.shared.takeAll(takes))
  }

  takeUpTo(takes: readonly SharedTake[]): Promise<readonly SharedLease[] | undefined> {
    return this.#ask(() => this.#options.shared.takeUpTo(takes))
  }

  /** When it is worth asking again after there was no answer. */
  get retryAfterMs(): number {
    return Math.max(AGAIN_MS, this.#breaker.retryAfterMs(this.#nowMs()))
  }

  guards(): readonly GuardStatus[] {
    const { name } = this.#breaker.state
    return [
      {
        name: 'redis.limits',
        kind: 'breaker',
        state: name,
        ...(name !== 'closed' && {
          reason: `each node admits its own part of the limits: ${this.#lastError}`,
        }),
        refused: this.#refusedByBreaker,
      },
      {
        name: 'redis.limits',
        kind: 'bulkhead',
        state: this.#underWay >= MAX_QUESTIONS ? 'acting' : 'idle',
        ...(this.#underWay >= MAX_QUESTIONS && { reason: 'too many questions wait for Redis' }),
        used: this.#underWay,
        bound: MAX_QUESTIONS,
        unit: 'questions',
        refused: this.#refusedByBulkhead,
      },
    ]
  }

  close(): Promise<void> {
    return this.#options.shared.close()
  }

  async #ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    if (this.#underWay >= MAX_QUESTIONS) {
      this.#refusedByBulkhead++
      return undefined
    }
    const call = this.#breaker.begin(this.#nowMs())
    if (call === undefined) {
      this.#refusedByBreaker++
      return undefined
    }
    this.#underWay++
    try {
      const answer = await withDeadline(this.#options.runtime.timers, ANSWER_MS, 'Redis', question())
      call.succeeded(this.#nowMs())
      return answer
    } catch (error) {
      this.#lastError = error instanceof Error ? error.message : String(error)
      call.failed(this.#nowMs())
      return undefined
    } finally {
      this.#underWay--
    }
  }

  #tell({ from, to, reason }: BreakerChange): void {
    const { logger } = this.#options
    const change = { from, to, reason }
    if (to === 'open') {
      const why = 'Redis does not serve the limits: until it does, each node admits its own part'
      logger.warn({ ...change, error: this.#lastError }, why)
    } else if (to === 'closed') logger.info(change, 'Redis serves the limits again')
  }

  #nowMs(): number {
    return this.#options.runtime.clock.monotonicMs()
  }
}
