import type { Marks } from '@skein/protocol'

/**
 * Heads of conversations that nobody follows here, as far as hints and tail reads told them lately.
 * A resume reads the log first and follows then; what was committed in between is known from here.
 * Two generations: what was told is remembered for at least one period, at most two.
 */
export class RecentHeads {
  readonly periodMs: number
  #current = new Map<string, Map<string, number>>()
  #previous = new Map<string, Map<string, number>>()
  #rotatedAtMs: number

  constructor(periodMs: number, nowMs: number) {
    this.periodMs = periodMs
    this.#rotatedAtMs = nowMs
  }

  note(key: string, origin: string, seq: number, nowMs: number): void {
    this.#rotate(nowMs)
    const heads = this.#current.get(key)
    if (heads === undefined) this.#current.set(key, new Map([[origin, seq]]))
    else if ((heads.get(origin) ?? 0) < seq) heads.set(origin, seq)
  }

  /** Whether something beyond `heads` was told. */
  isBeyond(key: string, heads: Marks): boolean {
    for (const generation of [this.#current, this.#previous]) {
      for (const [origin, seq] of generation.get(key) ?? []) if (seq > (heads[origin]?.seq ?? 0)) return true
    }
    return false
  }

  #rotate(nowMs: number): void {
    if (nowMs - this.#rotatedAtMs < this.periodMs) return
    this.#previous =
      nowMs - this.#rotatedAtMs < 2 * this.periodMs ? this.#current : new Map<string, Map<string, number>>()
    this.#current = new Map()
    this.#rotatedAtMs = nowMs
  }
}
