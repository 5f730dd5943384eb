import type { Random } from '@skein/core'
import type { HeldOutbox, OutboxEntry, OutboxStorage } from '@skein/sdk'
import type { VirtualTime } from './virtual-time.ts'

const MAX_WRITE_MS = 4

interface StoredOutbox {
  readonly user: string
  readonly entries: Map<string, OutboxEntry>
  holder: string | undefined
}

/** What a user's browser keeps on disk: outboxes that outlive their tabs. Writes take time, and die with the tab. */
export class SimProfile {
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #outboxes: StoredOutbox[] = []
  readonly #gone = new Set<string>()

  constructor(time: VirtualTime, random: Random) {
    this.#time = time
    this.#random = random
  }

  /** The storage as one tab sees it. */
  storageFor(tab: string): OutboxStorage {
    return { kind: 'memory', open: (user) => this.#after(tab, () => this.#open(user, tab)) }
  }

  /** The tab is gone: as with a Web Lock, nobody holds its outboxes from now on. */
  tabGone(tab: string): void {
    this.#gone.add(tab)
    for (const outbox of this.#outboxes) if (outbox.holder === tab) outbox.holder = undefined
  }

  /** Whether a message stands in some outbox here. */
  holds(clientId: string): boolean {
    return this.#outboxes.some(({ entries }) => entries.has(clientId))
  }

  #open(user: string, tab: string): HeldOutbox {
    const own: StoredOutbox = { user, entries: new Map(), holder: tab }
    const found = this.#adoptInto(own)
    this.#outboxes.push(own)
    let lastWrite: Promise<unknown> = Promise.resolve()
    const write = (change: () => void): Promise<void> => {
      const before = lastWrite
      const written = this.#after(tab, () => {})
        .then(() => before)
        .then(() => {
          if (!this.#gone.has(tab)) change()
        })
      lastWrite = written
      return written
    }
    return {
      found,
      put: (entry) => write(() => own.entries.set(entry.clientId, entry)),
      remove: (clientId) => write(() => own.entries.delete(clientId)),
      adopt: () => this.#after(tab, () => this.#adoptInto(own)),
      release: () => write(() => (own.holder = undefined)),
    }
  }

  #adoptInto(own: StoredOutbox): OutboxEntry[] {
    const orphans = this.#outboxes.filter(({ user, holder }) => user === own.user && holder === undefined)
    const adopted = orphans.flatMap(({ entries }) =>
      [...entries.values()].toSorted((a, b) => a.order - b.order),
    )
    for (const orphan of orphans) this.#outboxes.splice(this.#outboxes.indexOf(orphan), 1)
    for (const entry of adopted) own.entries.set(entry.clientId, entry)
    return adopted
  }

  /** A tab that is gone never hears back. */
  #after<T>(tab: string, run: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.#time.after(this.#random.next() * MAX_WRITE_MS, () => {
        if (!this.#gone.has(tab)) resolve(run())
      })
    })
  }
}
