import { optionBetween } from '../options.ts'

export interface BulkheadOptions {
  /** At once (≥ 1). */
  readonly limit: number
  /** Beside those, waiting for their turn (≥ 0). */
  readonly maxWaiting: number
}

/** A place inside, or in the queue. Leaving twice does nothing. */
export interface BulkheadPlace {
  /** Done; or, while it waits, no longer wanted. */
  leave(): void
}

interface Entry {
  readonly begin: () => void
  state: 'waiting' | 'inside' | 'left'
}

/**
 * So many at once and a bounded queue, so that one thing that is stuck cannot take all there is.
 * Source: Michael Nygard, "Release It!", 2007, "Bulkheads". First come, first served.
 */
export class Bulkhead {
  readonly #maxWaiting: number
  #limit: number
  #inside = 0
  #queue = new Set<Entry>()

  /** @throws OptionError by name and value. */
  constructor({ limit, maxWaiting }: BulkheadOptions) {
    optionBetween('maxWaiting', maxWaiting, 0, Infinity)
    optionBetween('limit', limit, 1, Infinity)
    this.#maxWaiting = maxWaiting
    this.#limit = limit
  }

  get inside(): number {
    return this.#inside
  }

  get waiting(): number {
    return this.#queue.size
  }

  /** Who is inside stays; fewer: nobody enters until so many have left. */
  resize(limit: number): void {
    optionBetween('limit', limit, 1, Infinity)
    this.#limit = limit
    this.#advance()
  }

  /**
   * Calls `begin` when it is its turn, at once where there is room. Undefined: the queue is full, too.
   * Every place must be left, whatever became of the work; `begin` itself must not throw.
   */
  enter(begin: () => void): BulkheadPlace | undefined {
    const hasRoom = this.#inside < this.#limit && this.#queue.size === 0
    if (!hasRoom && this.#queue.size >= this.#maxWaiting) return undefined
    const entry: Entry = { begin, state: 'waiting' }
    this.#queue.add(entry)
    this.#advance()
    return { leave: () => this.#leave(entry) }
  }

  #leave(entry: Entry): void {
    const { state } = entry
    entry.state = 'left'
    if (state === 'waiting') this.#queue.delete(entry)
    if (state !== 'inside') return
    this.#inside--
    this.#advance()
  }

  #advance(): void {
    for (const entry of this.#queue) {
      if (this.#inside >= this.#limit) return
      this.#queue.delete(entry)
      this.#inside++
      entry.state = 'inside'
      entry.begin()
    }
  }
}
