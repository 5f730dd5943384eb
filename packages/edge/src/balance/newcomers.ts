/**
 * Who begins slowly. When the edge begins all nodes are new to it, and yet warm; so names count only until
 * that beginning is over, and none is kept beyond it: where each start has a name of its own there is no end
 * of them.
 */
export class Newcomers {
  readonly #endsAtMs: number
  /** Names that were here already. */
  readonly #seen = new Set<string>()

  constructor(bornAtMs: number, windowMs: number) {
    this.#endsAtMs = bornAtMs + windowMs
  }

  get remembered(): number {
    return this.#seen.size
  }

  /** It is here now. True: it came back, or it came late. */
  arrived(name: string, nowMs: number): boolean {
    if (nowMs > this.#endsAtMs) {
      this.#seen.clear()
      return true
    }
    const isBack = this.#seen.has(name)
    this.#seen.add(name)
    return isBack
  }
}
