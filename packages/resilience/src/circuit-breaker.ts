import type { Random } from '@skein/core'
import {
  breakerAdmits,
  breakerChange,
  breakerRetryAfterMs,
  breakerStep,
  checkBreaker,
  closedBreaker,
  type BreakerChange,
  type BreakerEvent,
  type BreakerOptions,
  type BreakerState,
} from './breaker.ts'

/** A call that was let through. Its first end counts; later ones, and those of another time, do not. */
export interface BreakerCall {
  succeeded(nowMs: number): void
  failed(nowMs: number): void
}

/**
 * The breaker around something that many call at once: of all who ask when it is due, one becomes the
 * probe, and calls that began before it opened tell nothing about now. Moments are monotonic milliseconds.
 */
export class CircuitBreaker {
  readonly #options: BreakerOptions
  readonly #random: Random
  readonly #onChange: (change: BreakerChange) => void
  #state: BreakerState = closedBreaker
  /** Grows with each change and each probe. */
  #era = 0

  /** @throws for an option that makes no sense, by its name and value. */
  constructor(options: BreakerOptions, random: Random, onChange: (change: BreakerChange) => void = () => {}) {
    checkBreaker(options)
    this.#options = options
    this.#random = random
    this.#onChange = onChange
  }

  get state(): BreakerState {
    return this.#state
  }

  /** How long until a call may begin, in milliseconds; 0: now. */
  retryAfterMs(nowMs: number): number {
    return breakerRetryAfterMs(this.#state, nowMs)
  }

  /** Undefined: it is open, do not call. */
  begin(nowMs: number): BreakerCall | undefined {
    if (!breakerAdmits(this.#state, nowMs)) return undefined
    this.#step('asked', nowMs)
    if (this.#state.name === 'halfOpen') this.#era++
    const era = this.#era
    let hasEnded = false
    const end = (event: BreakerEvent, endMs: number): void => {
      if (hasEnded || era !== this.#era) return
      hasEnded = true
      this.#step(event, endMs, endMs - nowMs)
    }
    return {
      succeeded: (endMs) => end('succeeded', endMs),
      failed: (endMs) => end('failed', endMs),
    }
  }

  #step(event: BreakerEvent, nowMs: number, tookMs?: number): void {
    const before = this.#state
    const moment = { nowMs, tookMs, roll: this.#random.next() }
    this.#state = breakerStep(before, event, moment, this.#options)
    const change = breakerChange(before, this.#state, nowMs)
    if (change === undefined) return
    this.#era++
    this.#onChange(change)
  }
}
