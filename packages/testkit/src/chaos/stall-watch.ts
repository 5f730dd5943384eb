const TICK_MS = 20

/** How late a timer of this process is at worst: a busy machine makes everybody look slow. */
export class StallWatch {
  #worstMs = 0
  #dueMs = performance.now() + TICK_MS
  /** Keeps no process alive. */
  readonly #timer = setInterval(() => this.#tick(), TICK_MS).unref()

  /** Ends it; answers the longest delay. */
  stop(): number {
    clearInterval(this.#timer)
    return this.#worstMs
  }

  #tick(): void {
    const atMs = performance.now()
    this.#worstMs = Math.max(this.#worstMs, atMs - this.#dueMs)
    this.#dueMs = atMs + TICK_MS
  }
}
