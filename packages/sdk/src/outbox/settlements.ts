import type { SdkError } from '../errors.ts'

export interface Settled {
  readonly origin: string
  readonly seq: number
}

interface Waiter {
  readonly resolve: (position: Settled) => void
  readonly reject: (error: SdkError) => void
}

/** The promises of an outbox: one per message sent in this run, and those of `flushed`. */
export class Settlements {
  readonly #waiters = new Map<string, Waiter>()
  #flushes: {
    readonly done: () => boolean
    readonly resolve: () => void
    readonly reject: (error: SdkError) => void
  }[] = []
  #stopped: SdkError | undefined

  wait(clientId: string): Promise<Settled> {
    const promise = new Promise<Settled>((resolve, reject) =>
      this.#waiters.set(clientId, { resolve, reject }),
    )
    // Most apps look at the `message` events instead: a rejection that nobody awaits must not end the process.
    promise.catch(() => {})
    return promise
  }

  settle(clientId: string, position: Settled): void {
    this.#take(clientId)?.resolve(position)
  }

  fail(clientId: string, error: SdkError): void {
    this.#take(clientId)?.reject(error)
  }

  allSettled(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve()
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped)
    return new Promise((resolve, reject) => this.#flushes.push({ done, resolve, reject }))
  }

  /** Something changed: are those that wait for everything done? */
  check(): void {
    if (this.#flushes.length === 0) return
    const waiting = this.#flushes.filter(({ done }) => !done())
    const done = this.#flushes.filter((flush) => !waiting.includes(flush))
    this.#flushes = waiting
    for (const { resolve } of done) resolve()
  }

  stop(error: SdkError): void {
    this.#stopped = error
    for (const { reject } of this.#waiters.values()) reject(error)
    for (const { reject } of this.#flushes) reject(error)
    this.#waiters.clear()
    this.#flushes = []
  }

  #take(clientId: string): Waiter | undefined {
    const waiter = this.#waiters.get(clientId)
    this.#waiters.delete(clientId)
    return waiter
  }
}
