import { seededRandom, type Runtime } from '@skein/core'

interface Timer {
  readonly dueMs: number
  readonly run: () => void
}

/** Time that stands still until a test moves it. */
export class ManualRuntime implements Runtime {
  readonly random = seededRandom(1)
  readonly clock = { now: () => this.nowMs, monotonicMs: () => this.nowMs }
  readonly timers = {
    after: (delayMs: number, run: () => void) => {
      const timer = { dueMs: this.nowMs + delayMs, run }
      this.#timers.add(timer)
      return () => void this.#timers.delete(timer)
    },
    afterTurn: (run: () => void) => void this.#turn.push(run),
  }
  nowMs: number
  #timers = new Set<Timer>()
  #turn: (() => void)[] = []

  constructor(nowMs = 1_700_000_000_000) {
    this.nowMs = nowMs
  }

  get timersPending(): number {
    return this.#timers.size
  }

  /** Runs to quiescence what waits for the end of the turn, promises included. */
  async settle(): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => void setImmediate(resolve))
      const turn = this.#turn.splice(0)
      if (turn.length === 0) return
      for (const run of turn) run()
    }
  }

  /** Moves time on, timer by timer. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.nowMs + byMs
    await this.settle()
    for (;;) {
      const next = [...this.#timers]
        .filter(({ dueMs }) => dueMs <= endMs)
        .sort((a, b) => a.dueMs - b.dueMs)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.nowMs = Math.max(this.nowMs, next.dueMs)
      next.run()
      await this.settle()
    }
    this.nowMs = endMs
  }
}
