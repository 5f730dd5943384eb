const SLICES = 8
const SLICE_MS = 250

/** How much was served per second, over the last two seconds. Moments are monotonic. */
export class ServedRate {
  readonly #counts: number[] = Array.from({ length: SLICES }, () => 0)
  #index = 0

  served(count: number, nowMs: number): void {
    this.#turnTo(nowMs)
    this.#counts[this.#index % SLICES] = (this.#counts[this.#index % SLICES] ?? 0) + count
  }

  perSecond(nowMs: number): number {
    this.#turnTo(nowMs)
    let sum = 0
    for (const count of this.#counts) sum += count
    return (sum * 1_000) / (SLICES * SLICE_MS)
  }

  #turnTo(nowMs: number): void {
    const index = Math.floor(nowMs / SLICE_MS)
    for (let past = Math.max(this.#index + 1, index - SLICES + 1); past <= index; past++)
      this.#counts[past % SLICES] = 0
    this.#index = Math.max(this.#index, index)
  }
}
