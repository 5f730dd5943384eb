import type { GuardStatus } from '../../../observe/guards.ts'

/** A wait that lasts so long is worth a word. That somebody waits for a moment is what a queue is for. */
export const LONG_WAIT_MS = 1_000
/** Who turned somebody away this short a time ago acts, as limits do. */
export const REFUSED_OF_LATE_MS = 5_000

/** Who waits in a queue, and since when: what an operator is told of it. */
export class Waits {
  /** In the order in which they came. */
  readonly #waiting = new Set<{ readonly sinceMs: number }>()
  #refused = 0
  #refusedAtMs = -Infinity

  get refused(): number {
    return this.#refused
  }

  /** Call what comes back when the wait is over, one way or another. */
  begin(nowMs: number): () => void {
    const wait = { sinceMs: nowMs }
    this.#waiting.add(wait)
    return () => void this.#waiting.delete(wait)
  }

  refuse(nowMs: number): void {
    this.#refused++
    this.#refusedAtMs = nowMs
  }

  /** @param forWhat they wait: `for their turn` */
  state(nowMs: number, forWhat: string): Pick<GuardStatus, 'state' | 'reason'> {
    const [first] = this.#waiting
    if (first !== undefined && nowMs - first.sinceMs >= LONG_WAIT_MS) {
      const reason = `${this.#waiting.size} wait ${forWhat}, the first of them for more than ${LONG_WAIT_MS} ms`
      return { state: 'acting', reason }
    }
    if (nowMs - this.#refusedAtMs < REFUSED_OF_LATE_MS)
      return { state: 'acting', reason: `somebody who waited ${forWhat} was turned away` }
    return { state: 'idle' }
  }
}
