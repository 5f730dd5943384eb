import { gcra, type RateLimit } from '@skein/resilience'

/** How fast one connection may talk (GCRA), and for how long it may try to be faster. */
export interface FramePace {
  readonly limit: RateLimit
  readonly patienceMs: number
}

export class FramePacer {
  readonly #pace: FramePace
  #theoreticalArrivalMs = 0
  #tooFastSinceMs = -1

  constructor(pace: FramePace) {
    this.#pace = pace
  }

  /** Undefined: go on. Else the frame is refused; `giveUp` when that has been so for too long. */
  admit(nowMs: number): { retryAfterMs: number; giveUp: boolean } | undefined {
    const { limit, patienceMs } = this.#pace
    const verdict = gcra(limit, this.#theoreticalArrivalMs, nowMs)
    this.#theoreticalArrivalMs = verdict.theoreticalArrivalMs
    if (verdict.admitted) {
      if (this.#isRested(nowMs)) this.#tooFastSinceMs = -1
      return undefined
    }
    if (this.#tooFastSinceMs < 0) this.#tooFastSinceMs = nowMs
    return { retryAfterMs: verdict.retryAfterMs, giveUp: nowMs - this.#tooFastSinceMs > patienceMs }
  }

  /** Half of the burst is free again: the client has really slowed down. */
  #isRested(nowMs: number): boolean {
    const { perSecond, burst } = this.#pace.limit
    return this.#theoreticalArrivalMs - nowMs < ((1_000 / perSecond) * burst) / 2
  }
}
