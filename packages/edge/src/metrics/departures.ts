/** What was counted of a node is told for so long after it left: some scrapes, and a look at what happened. */
export const KEPT_AFTER_LEAVING_MS = 600_000
/** Nodes that left of which it is told at most; the one that left first is forgotten first. */
export const MOST_LEFT = 200

/**
 * Which nodes are told of. A node that starts under a new name each time, as pods do, would leave its
 * series behind for ever.
 */
export class Departures {
  readonly #here = new Set<string>()
  /** By name, in the order in which they left. */
  readonly #leftAtMs = new Map<string, number>()

  joined(name: string): void {
    this.#here.add(name)
    this.#leftAtMs.delete(name)
  }

  left(name: string, nowMs: number): void {
    this.#here.delete(name)
    this.#leftAtMs.delete(name)
    this.#leftAtMs.set(name, nowMs)
  }

  /** Something is counted of it, perhaps late: a connection may end after its node has left. */
  counted(name: string, nowMs: number): void {
    if (!this.#here.has(name)) this.left(name, nowMs)
  }

  /** Those that are told of no more. */
  due(nowMs: number): readonly string[] {
    const due: string[] = []
    for (const [name, leftAtMs] of this.#leftAtMs) {
      if (this.#leftAtMs.size <= MOST_LEFT && nowMs - leftAtMs < KEPT_AFTER_LEAVING_MS) break
      this.#leftAtMs.delete(name)
      due.push(name)
    }
    return due
  }
}
