import type { HeldOutbox, OutboxEntry, OutboxStorage } from './storage.ts'

interface Shelf {
  readonly user: string
  readonly entries: Map<string, OutboxEntry>
  held: boolean
}

/**
 * Outboxes in memory: nothing survives the page or process. Instances on one `memoryOutboxes()`
 * share like the tabs of a browser do: what one released another takes over.
 */
export class MemoryOutboxes implements OutboxStorage {
  readonly kind = 'memory'
  readonly #shelves = new Set<Shelf>()

  open(user: string): Promise<HeldOutbox> {
    const own: Shelf = { user, entries: new Map(), held: true }
    this.#shelves.add(own)
    const adopt = (): OutboxEntry[] => this.#adopt(own)
    return Promise.resolve({
      found: adopt(),
      put: (entry) => Promise.resolve(void own.entries.set(entry.clientId, entry)),
      remove: (clientId) => Promise.resolve(void own.entries.delete(clientId)),
      adopt: () => Promise.resolve(own.held ? adopt() : []),
      release: () => {
        own.held = false
        if (own.entries.size === 0) this.#shelves.delete(own)
        return Promise.resolve()
      },
    })
  }

  #adopt(own: Shelf): OutboxEntry[] {
    const adopted: OutboxEntry[] = []
    for (const shelf of this.#shelves) {
      if (shelf.held || shelf.user !== own.user) continue
      this.#shelves.delete(shelf)
      adopted.push(...renumbered([...shelf.entries.values()], [...own.entries.values()]))
      for (const entry of adopted) own.entries.set(entry.clientId, entry)
    }
    return adopted
  }
}

/** Adopted entries in their order, behind the own ones. */
export function renumbered(adopted: readonly OutboxEntry[], own: readonly OutboxEntry[]): OutboxEntry[] {
  const last = own.reduce((highest, { order }) => Math.max(highest, order), 0)
  return [...adopted]
    .sort((one, other) => one.order - other.order)
    .map((entry, i) => ({ ...entry, order: last + 1 + i }))
}

export const memoryOutboxStorage = (): MemoryOutboxes => new MemoryOutboxes()
