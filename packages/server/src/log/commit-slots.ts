/** As many batches of a node are under way at once; the store has as many connections for commits. */
export const COMMITS_AT_ONCE = 2

/** Who waits for his turn to commit. */
export interface SlotWaiter {
  /** His turn: he has the slot until he releases it. */
  granted(): void
}

/**
 * How many lanes may commit at once. Who gets none waits here, in the order in which they came, and his
 * batch goes on gathering: it is cut when the store is ready for it, so that it is large and nothing waits
 * unseen for a connection.
 */
export class CommitSlots {
  readonly #waiting: SlotWaiter[] = []
  #free: number

  constructor(atOnce = COMMITS_AT_ONCE) {
    this.#free = atOnce
  }

  request(waiter: SlotWaiter): void {
    if (this.#free === 0) {
      this.#waiting.push(waiter)
      return
    }
    this.#free--
    waiter.granted()
  }

  release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next.granted()
  }
}
