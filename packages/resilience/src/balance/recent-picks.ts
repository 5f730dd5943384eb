/** Picks are counted in slots of so long. */
const SLOT_MS = 100

/**
 * How many were sent to an endpoint since its report was made, for `Endpoint.sinceReport`. A report is
 * under way for a while: counting anew when it is heard would forget those that it cannot know of yet.
 * Bounded: one number for each slot of the last `keptMs`.
 */
export class RecentPicks {
  readonly #keptSlots: number
  readonly #slots: { readonly slot: number; picks: number }[] = []

  /** @param keptMs an older report is not used anyway (`reportTtlMs`) */
  constructor(keptMs: number) {
    this.#keptSlots = Math.ceil(keptMs / SLOT_MS)
  }

  picked(nowMs: number): void {
    const slot = Math.floor(nowMs / SLOT_MS)
    const last = this.#slots.at(-1)
    if (last !== undefined && last.slot >= slot) {
      last.picks++
      return
    }
    this.#slots.push({ slot, picks: 1 })
    while (slot - (this.#slots[0]?.slot ?? slot) > this.#keptSlots) this.#slots.shift()
  }

  /** In the slot of that moment and later: rather a few too many than too few. */
  since(atMs: number): number {
    const from = Math.floor(atMs / SLOT_MS)
    let total = 0
    for (const { slot, picks } of this.#slots) if (slot >= from) total += picks
    return total
  }
}
