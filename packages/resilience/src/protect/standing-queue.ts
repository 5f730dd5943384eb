import { optionAbove, optionBetween } from '../options.ts'

export interface StandingQueueOptions {
  /** A wait that is good to have, in milliseconds (≥ 0). */
  readonly targetMs: number
  /** Judged once in this time, in milliseconds (> 0). */
  readonly intervalMs: number
}

export interface WaitVerdict {
  /** Everybody waited for longer than the target: a queue that does not go away by itself. */
  readonly isStanding: boolean
  /** The least that anybody waited; 0 when nobody did. */
  readonly leastWaitMs: number
}

/**
 * Tells a standing queue, which only adds delay, from a burst, which is gone in a moment: by the least wait
 * in an interval, not the average.
 * Source: Nichols, Jacobson, "Controlling Queue Delay", 2012 (CoDel, RFC 8289).
 */
export class StandingQueue {
  readonly #options: StandingQueueOptions
  #sinceMs: number | undefined
  #leastMs = Infinity

  /** @throws OptionError by name and value. */
  constructor(options: StandingQueueOptions) {
    optionBetween('targetMs', options.targetMs, 0, Infinity)
    optionAbove('intervalMs', options.intervalMs, 0)
    this.#options = options
  }

  /** Somebody waited so long for his turn. */
  waited(waitMs: number): void {
    this.#leastMs = Math.min(this.#leastMs, waitMs)
  }

  /** The verdict at the end of an interval, once; undefined within it. */
  judge(nowMs: number): WaitVerdict | undefined {
    this.#sinceMs ??= nowMs
    if (nowMs - this.#sinceMs < this.#options.intervalMs) return undefined
    const leastWaitMs = this.#leastMs === Infinity ? 0 : this.#leastMs
    this.#sinceMs = nowMs
    this.#leastMs = Infinity
    return { isStanding: leastWaitMs > this.#options.targetMs, leastWaitMs }
  }
}
