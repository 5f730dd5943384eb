/**
 * A server that had no time for a send is asked with one send whether it has now; the others follow when
 * that one is answered. So many clients that come back together cost it one question each.
 */
export class SingleFile {
  #asking: 'nobody' | 'due' | { readonly clientId: string } = 'nobody'

  /** How many sends may go now. */
  get most(): number {
    return this.#asking === 'nobody' ? Infinity : 1
  }

  /** The one that asks, while there is one. */
  get asker(): string | undefined {
    return typeof this.#asking === 'object' ? this.#asking.clientId : undefined
  }

  /** The server had no time: the next send asks. */
  begin(): void {
    this.#asking = 'due'
  }

  /** The first of those that go now. */
  goes(clientId: string): void {
    if (this.#asking !== 'nobody') this.#asking = { clientId }
  }

  /** The server had time for this one. */
  answered(clientId: string): void {
    if (this.asker === clientId) this.end()
  }

  end(): void {
    this.#asking = 'nobody'
  }
}
