import type { Cancel, Runtime } from '@skein/core'

/** How often it is looked whether the loop comes in time. */
const LOOK_MS = 20

/**
 * How late the event loop is: what comes now has waited about so long before it was even read. A node
 * without CPU queues there and in the kernel's buffers, not in its lanes.
 */
export class LoopLag {
  readonly #runtime: Pick<Runtime, 'clock' | 'timers'>
  #lastMs = 0
  #dueMs: number
  #cancel: Cancel

  constructor(runtime: Pick<Runtime, 'clock' | 'timers'>) {
    this.#runtime = runtime
    this.#dueMs = runtime.clock.monotonicMs() + LOOK_MS
    this.#cancel = runtime.timers.after(LOOK_MS, () => this.#look())
  }

  /** By how much it was late the last time, or is already now. */
  get ms(): number {
    return Math.max(this.#lastMs, this.#runtime.clock.monotonicMs() - this.#dueMs)
  }

  stop(): void {
    this.#cancel()
  }

  #look(): void {
    const nowMs = this.#runtime.clock.monotonicMs()
    this.#lastMs = Math.max(0, nowMs - this.#dueMs)
    this.#dueMs = nowMs + LOOK_MS
    this.#cancel = this.#runtime.timers.after(LOOK_MS, () => this.#look())
  }
}
