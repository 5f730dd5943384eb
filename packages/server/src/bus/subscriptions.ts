/** What a wire is asked to do next; empty lists: nothing. */
export interface SubscriptionChange {
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

interface Wanted {
  /** Those who wait until it is confirmed. */
  readonly waiting: ((confirmed: boolean) => void)[]
}

/**
 * Which channels are wanted and which of them the wire has. Changes are taken in batches, one under way
 * at a time, so that subscribing and unsubscribing the same channel cannot overtake each other.
 */
export class Subscriptions {
  readonly #wanted = new Map<string, Wanted>()
  #confirmed = new Set<string>()
  /** Where wanted and confirmed differ. */
  #differing = new Set<string>()

  has(channel: string): boolean {
    return this.#wanted.has(channel)
  }

  /** Whether the wire has all that is wanted. */
  get settled(): boolean {
    return this.#differing.size === 0
  }

  /** Resolves with `true` once the wire has it, with `false` when the wire is lost or it is dropped before. */
  want(channel: string): Promise<boolean> {
    const wanted = this.note(channel)
    if (this.#confirmed.has(channel)) return Promise.resolve(true)
    return new Promise((resolve) => wanted.waiting.push(resolve))
  }

  /** Wants it without waiting: for a wire that is not up. */
  note(channel: string): Wanted {
    const known = this.#wanted.get(channel)
    if (known !== undefined) return known
    const wanted: Wanted = { waiting: [] }
    this.#wanted.set(channel, wanted)
    this.#compare(channel)
    return wanted
  }

  drop(channel: string): void {
    const wanted = this.#wanted.get(channel)
    this.#wanted.delete(channel)
    this.#compare(channel)
    for (const resolve of wanted?.waiting ?? []) resolve(false)
  }

  /** Takes the next change, at most `limit` channels. What it removes counts as removed from here on. */
  take(limit: number): SubscriptionChange {
    const add: string[] = []
    const remove: string[] = []
    for (const channel of this.#differing) {
      if (add.length + remove.length === limit) break
      ;(this.#wanted.has(channel) ? add : remove).push(channel)
    }
    for (const channel of remove) {
      this.#confirmed.delete(channel)
      this.#compare(channel)
    }
    return { add, remove }
  }

  added(channels: readonly string[]): void {
    for (const channel of channels) {
      this.#confirmed.add(channel)
      this.#compare(channel)
      for (const resolve of this.#wanted.get(channel)?.waiting.splice(0) ?? []) resolve(true)
    }
  }

  /** The wire is gone: it has nothing, and who waits need not wait for the next one. */
  lost(): void {
    this.#confirmed = new Set()
    this.#differing = new Set(this.#wanted.keys())
    for (const { waiting } of this.#wanted.values()) for (const resolve of waiting.splice(0)) resolve(false)
  }

  #compare(channel: string): void {
    if (this.#wanted.has(channel) === this.#confirmed.has(channel)) this.#differing.delete(channel)
    else this.#differing.add(channel)
  }
}
