import {
  checkGradient,
  DEFAULT_GRADIENT,
  gradientStart,
  gradientStep,
  type GradientOptions,
  type GradientState,
} from './gradient.ts'

/** A call that was let through. It must end in one of these ways, once. */
export interface LimitedCall {
  succeeded(nowMs: number): void
  /** It timed out, or was refused for load. */
  dropped(nowMs: number): void
  /** Its end says nothing about load (cancelled, bad input). */
  ignored(): void
}

/** A step needs so many round trips, and so much time: single ones say nothing. */
const LEAST_SAMPLES = 10
const SAMPLE_MS = 100

/**
 * Adaptive concurrency toward something that slows down under load (a database): how many calls may be
 * under way at once, learned from their round trips. Moments are monotonic milliseconds.
 */
export class ConcurrencyLimiter {
  readonly #options: GradientOptions
  #state: GradientState
  #inFlight = 0
  #window = { sinceMs: 0, sumMs: 0, count: 0, inFlight: 0, dropped: false }

  /** @throws OptionError by name and value. */
  constructor(options: GradientOptions = DEFAULT_GRADIENT) {
    checkGradient(options)
    this.#options = options
    this.#state = gradientStart(options)
  }

  /** How many may be under way at once, whole. */
  get limit(): number {
    return Math.floor(this.#state.limit)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** The usual round trip, in milliseconds. */
  get usualMs(): number | undefined {
    return this.#state.longRttMs
  }

  /** Undefined: as many as may be are under way. */
  begin(nowMs: number): LimitedCall | undefined {
    if (this.#inFlight >= this.limit) return undefined
    this.#inFlight++
    this.#window.inFlight = Math.max(this.#window.inFlight, this.#inFlight)
    let hasEnded = false
    const once = (told: () => void): void => {
      if (hasEnded) return
      hasEnded = true
      this.#inFlight--
      told()
    }
    return {
      succeeded: (endMs) => once(() => this.#sample(endMs - nowMs, endMs)),
      dropped: (endMs) =>
        once(() => {
          this.#window.dropped = true
          this.#sample(endMs - nowMs, endMs)
        }),
      ignored: () => once(() => {}),
    }
  }

  #sample(rttMs: number, nowMs: number): void {
    const window = this.#window
    window.sumMs += rttMs
    window.count++
    if (nowMs - window.sinceMs < SAMPLE_MS) return
    if (window.count < LEAST_SAMPLES && !window.dropped) return
    // What a coarse clock calls nothing still took time.
    const meanMs = Math.max(0.01, window.sumMs / window.count)
    const sample = { rttMs: meanMs, inFlight: window.inFlight, dropped: window.dropped }
    this.#state = gradientStep(this.#state, sample, this.#options)
    this.#window = { sinceMs: nowMs, sumMs: 0, count: 0, inFlight: this.#inFlight, dropped: false }
  }
}
