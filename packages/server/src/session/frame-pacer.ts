import { gcra } from '@skein/resilience'
import type { NodeLimits } from '../node/limits.ts'

/** How fast one connection may talk (GCRA), and for how long it may try to be faster. */
export class FramePacer {
  readonly #limits: Pick<NodeLimits, 'framesPerSecond' | 'framesBurst' | 'tooFastPatienceMs'>
  #theoreticalArrivalMs = 0
  #tooFastSinceMs = -1

  constructor(limits: Pick<NodeLimits, 'framesPerSecond' | 'framesBurst' | 'tooFastPatienceMs'>) {
    this.#limits = limits
  }

  /** Undefined: go on. Else the frame is refused; `giveUp` when that has been so for too long. */
  admit(nowMs: number): { retryAfterMs: number; giveUp: boolean } | undefined {
    const limit = { perSecond: this.#limits.framesPerSecond, burst: this.#limits.framesBurst }
    const verdict = gcra(limit, this.#theoreticalArrivalMs, nowMs)
    this.#theoreticalArrivalMs = verdict.theoreticalArrivalMs
    if (verdict.admitted) {
      if (this.#isRested(nowMs)) this.#tooFastSinceMs = -1
      return undefined
    }
    if (this.#tooFastSinceMs < 0) this.#tooFastSinceMs = nowMs
    return {
      retryAfterMs: verdict.retryAfterMs,
      giveUp: nowMs - this.#tooFastSinceMs > this.#limits.tooFastPatienceMs,
    }
  }

  /** Half of the burst is free again: the client has really slowed down. */
  #isRested(nowMs: number): boolean {
    const burstMs = (1_000 / this.#limits.framesPerSecond) * this.#limits.framesBurst
    return this.#theoreticalArrivalMs - nowMs < burstMs / 2
  }
}
