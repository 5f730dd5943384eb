/** Pipelined sends of a few devices of one user. */
const KEPT = 4

/** The last few ids of one sender. */
export class RecentIds {
  /** Undefined while empty: most who are known to be members do not send. */
  #ids: string[] | undefined
  #next = 0

  add(id: string): void {
    this.#ids ??= []
    this.#ids[this.#next] = id
    this.#next = (this.#next + 1) % KEPT
  }

  has(id: string): boolean {
    return this.#ids?.includes(id) === true
  }
}
