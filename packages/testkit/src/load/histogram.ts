/** Buckets per power of two: a value is told within 1/64 of itself (as in HdrHistogram, Gil Tene). */
const SUB_BUCKETS = 64
const SUB_BITS = 6
const POWERS = 40

/** Latencies in logarithmic buckets: constant memory, exact count, cheap to merge and to send between processes. */
export class Histogram {
  readonly #counts: Float64Array
  #total = 0

  constructor(counts: ArrayLike<number> = new Float64Array((POWERS - SUB_BITS + 1) * SUB_BUCKETS)) {
    this.#counts = Float64Array.from(counts)
    for (const count of this.#counts) this.#total += count
  }

  get count(): number {
    return this.#total
  }

  /** Notes a duration in milliseconds; kept in microseconds. */
  record(ms: number): void {
    const at = Math.min(this.#counts.length - 1, bucketOf(Math.max(0, Math.round(ms * 1_000))))
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.#total++
  }

  /** The duration in milliseconds that this share (0–1) of the values does not exceed; NaN without values. */
  quantileMs(share: number): number {
    let left = Math.ceil(this.#total * share)
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count
      if (left <= 0 && count > 0) return upperEdgeOf(bucket) / 1_000
    }
    return NaN
  }

  merge(other: Histogram): void {
    for (const [bucket, count] of other.#counts.entries())
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count
    this.#total += other.#total
  }

  toJSON(): readonly number[] {
    return [...this.#counts]
  }
}

/** Below 64 µs one bucket each; above, 64 buckets per doubling. */
function bucketOf(us: number): number {
  if (us < SUB_BUCKETS) return us
  const power = Math.floor(Math.log2(us)) - SUB_BITS
  return (power + 1) * SUB_BUCKETS + Math.floor(us / 2 ** power) - SUB_BUCKETS
}

function upperEdgeOf(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket
  const power = Math.floor(bucket / SUB_BUCKETS) - 1
  return ((bucket % SUB_BUCKETS) + SUB_BUCKETS + 1) * 2 ** power - 1
}
