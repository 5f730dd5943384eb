/** As many batches of a node are under way at once; the store has as many connections for commits. */
export const COMMITS_AT_ONCE = 2

/** Who waits for his turn to commit. */
export interface SlotWaiter {
  /** Since when the oldest of what it has waits; changes while it waits here. */
  readonly oldestAtMs: number
  /** His turn: he has the slot until he releases it. */
  granted(): void
}

/**
 * How many lanes may commit at once. Who gets none waits here, and his batch goes on gathering: it is cut when
 * the store is ready for it, so that it is large and nothing waits unseen for a connection. Next is the lane
 * whose oldest send is the oldest of all: lanes never get equally much, and taking turns would let one
 * wait for seconds beside others that do not wait at all.
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
    const next = this.#oldest()
    if (next === undefined) {
      this.#free++
      return
    }
    this.#waiting.splice(this.#waiting.indexOf(next), 1)
    next.granted()
  }

  #oldest(): SlotWaiter | undefined {
    let oldest = this.#waiting[0]
    for (const waiter of this.#waiting)
      if (oldest === undefined || waiter.oldestAtMs < oldest.oldestAtMs) oldest = waiter
    return oldest
  }
}
