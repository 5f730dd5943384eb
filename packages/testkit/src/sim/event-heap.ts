export interface Due {
  readonly atMs: number
  /** Of two at the same time the one scheduled first runs first. */
  readonly order: number
  readonly run: () => void
  readonly cancelled: () => boolean
  /** Whoever scheduled it is paused: it keeps it for later. */
  readonly hold: (due: Due) => boolean
}

const before = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

/** Binary heap by (time, order). */
export class EventHeap {
  readonly #items: Due[] = []

  peek(): Due | undefined {
    return this.#items[0]
  }

  push(due: Due): void {
    const items = this.#items
    let at = items.length
    items.push(due)
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = items[parentAt]
      if (parent === undefined || !before(due, parent)) break
      items[at] = parent
      at = parentAt
    }
    items[at] = due
  }

  pop(): Due | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return top
    let at = 0
    for (;;) {
      const child = this.#earlierChild(at)
      if (child === undefined || !before(child.due, last)) break
      items[at] = child.due
      at = child.at
    }
    items[at] = last
    return top
  }

  #earlierChild(at: number): { readonly at: number; readonly due: Due } | undefined {
    const left = this.#items[2 * at + 1]
    const right = this.#items[2 * at + 2]
    if (left === undefined) return undefined
    if (right !== undefined && before(right, left)) return { at: 2 * at + 2, due: right }
    return { at: 2 * at + 1, due: left }
  }
}
