import type { Cancel, Timers } from '@skein/core'

/** Time that stands still until a test moves it. */
export class ManualTimers implements Timers {
  nowMs = 1_000
  readonly clock = { now: () => this.nowMs, monotonicMs: () => this.nowMs }
  readonly #timers = new Set<{ readonly dueMs: number; readonly run: () => void }>()

  get pending(): number {
    return this.#timers.size
  }

  after(delayMs: number, run: () => void): Cancel {
    const timer = { dueMs: this.nowMs + delayMs, run }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  afterTurn(run: () => void): void {
    setImmediate(run)
  }

  async advance(byMs: number): Promise<void> {
    const endMs = this.nowMs + byMs
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const [next] = [...this.#timers]
        .filter(({ dueMs }) => dueMs <= endMs)
        .sort((one, other) => one.dueMs - other.dueMs)
      if (next === undefined) break
      this.#timers.delete(next)
      this.nowMs = next.dueMs
      next.run()
    }
    this.nowMs = endMs
  }
}
