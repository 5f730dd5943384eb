import type { RateLimit } from '@skein/resilience'
import type { GuardStatus } from '../observe/guards.ts'

/** A limit that turned somebody away this short a time ago acts. */
const ACTING_MS = 5_000

/** What a limit has turned away, as operators see it. */
export class Refusals {
  readonly #name: string
  readonly #limit: RateLimit
  #count = 0
  #lastAtMs = -Infinity

  constructor(name: string, limit: RateLimit) {
    this.#name = name
    this.#limit = limit
  }

  add(nowMs: number): void {
    this.#count++
    this.#lastAtMs = nowMs
  }

  guard(nowMs: number): GuardStatus {
    const { perSecond, burst } = this.#limit
    const acts = nowMs - this.#lastAtMs < ACTING_MS
    return {
      name: `limits.${this.#name}`,
      kind: 'limit',
      state: acts ? 'acting' : 'idle',
      ...(acts && { reason: `more came than ${perSecond} a second and ${burst} at once` }),
      bound: perSecond,
      unit: 'per second',
      refused: this.#count,
    }
  }
}
