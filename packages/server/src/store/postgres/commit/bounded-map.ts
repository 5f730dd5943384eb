/**
 * A map that forgets what was not used for long: two generations, of which the older is dropped when
 * the younger is full. (Evicting one by one from the front of a Map costs a walk over its holes.)
 */
export class BoundedMap<V> {
  readonly #generation: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  /** Holds between half of `capacity` and all of it. */
  constructor(capacity: number) {
    this.#generation = Math.ceil(capacity / 2)
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#generation && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
  }
}
