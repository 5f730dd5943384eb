/** What began to be served: so many, after waits of which this is the sum. */
interface Slice {
  index: number
  count: number
  sumMs: number
}

/** The last second, in parts. */
const SLICES = 4
const SLICE_MS = 250

/** How long what was served in the last second had waited for its turn, on average. Moments are monotonic. */
export class QueueWait {
  readonly #slices: Slice[] = Array.from({ length: SLICES }, () => ({ index: -1, count: 0, sumMs: 0 }))

  served(count: number, sumMs: number, nowMs: number): void {
    const slice = this.#slice(nowMs)
    slice.count += count
    slice.sumMs += sumMs
  }

  /** 0 when nothing was served. */
  meanMs(nowMs: number): number {
    const oldest = Math.floor(nowMs / SLICE_MS) - SLICES
    let count = 0
    let sumMs = 0
    for (const slice of this.#slices) {
      if (slice.index <= oldest) continue
      count += slice.count
      sumMs += slice.sumMs
    }
    return count === 0 ? 0 : sumMs / count
  }

  #slice(nowMs: number): Slice {
    const index = Math.floor(nowMs / SLICE_MS)
    const known = this.#slices[index % SLICES]
    if (known?.index === index) return known
    const fresh = { index, count: 0, sumMs: 0 }
    this.#slices[index % SLICES] = fresh
    return fresh
  }
}
