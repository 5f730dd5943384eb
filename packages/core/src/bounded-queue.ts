import { assert } from './assert.ts'

/** First in, first out, never longer than `capacity`: a full queue answers `false`, it does not grow. */
export class BoundedQueue<T> {
  readonly capacity: number
  #items: T[] = []
  #start = 0

  constructor(capacity: number) {
    assert(
      Number.isInteger(capacity) && capacity > 0,
      `capacity must be a whole number above 0, got ${capacity}`,
    )
    this.capacity = capacity
  }

  get length(): number {
    return this.#items.length - this.#start
  }

  push(item: T): boolean {
    if (this.length >= this.capacity) return false
    this.#items.push(item)
    return true
  }

  /** Removes and returns up to `limit` items, oldest first. */
  take(limit: number): T[] {
    const taken = this.#items.slice(this.#start, this.#start + limit)
    this.#start += taken.length
    if (this.#start === this.#items.length) {
      this.#items = []
      this.#start = 0
    } else if (this.#start > 1024 && this.#start * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#start)
      this.#start = 0
    }
    return taken
  }

  peek(): T | undefined {
    return this.#items[this.#start]
  }
}
