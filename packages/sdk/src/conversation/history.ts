import type { Event, HistoryPage } from '@skein/protocol'
import type { Requests } from '../requests.ts'
import { comparePlaces } from '../timeline/order.ts'
import { OPEN_LIMIT, type ConversationRecord } from './record.ts'
import type { ConversationStore } from './store.ts'

const PAGE = 50

/** Loads the newest page and older ones; one question a conversation at a time. */
export class History {
  readonly #requests: Requests
  readonly #store: ConversationStore
  /** Resolves when the conversation can be asked about: a direct one may have to be created. */
  readonly #exists: (record: ConversationRecord) => Promise<void>
  readonly #opening = new Map<ConversationRecord, Promise<void>>()
  readonly #older = new Map<ConversationRecord, Promise<boolean>>()
  /** Opened ones, the most recently used last. */
  readonly #recent = new Set<ConversationRecord>()

  constructor(
    requests: Requests,
    store: ConversationStore,
    exists: (record: ConversationRecord) => Promise<void>,
  ) {
    this.#requests = requests
    this.#store = store
    this.#exists = exists
  }

  open(record: ConversationRecord): Promise<void> {
    this.#touch(record)
    if (record.opened) return Promise.resolve()
    return shared(this.#opening, record, () => this.#loadNewest(record))
  }

  /** False when there is nothing older. */
  loadOlder(record: ConversationRecord, limit = PAGE): Promise<boolean> {
    this.#touch(record)
    return shared(this.#older, record, async () => {
      await this.open(record)
      if (!record.olderMore) return false
      await this.#load(record, limit)
      return record.olderMore
    })
  }

  /** After a reset: what was shown is loaded anew, of others just what the preview needs. */
  async reload(record: ConversationRecord): Promise<void> {
    await this.#load(record, record.opened ? PAGE : 1)
  }

  async #loadNewest(record: ConversationRecord): Promise<void> {
    await this.#exists(record)
    // A group that was created here has no history yet; its events will come.
    if (record.local && record.type === 'group') record.olderMore = false
    else await this.#load(record, PAGE, true)
    record.opened = true
  }

  async #load(record: ConversationRecord, limit: number, newest = false): Promise<void> {
    let epoch = record.epoch
    const page: HistoryPage = await this.#requests.ask(() => {
      epoch = record.epoch
      const oldest = newest ? undefined : oldestOf(record)
      const before = oldest && { hlc: oldest.hlc, origin: oldest.origin, seq: oldest.seq }
      return { t: 'history', conversation: record.id, limit, ...(before && { before }) }
    })
    // The log was found void meanwhile: so is the answer.
    if (epoch !== record.epoch) return this.#load(record, limit, newest)
    record.olderMore = page.more
    this.#store.applyHistory(record, page.events)
  }

  #touch(record: ConversationRecord): void {
    this.#recent.delete(record)
    this.#recent.add(record)
    if (this.#recent.size <= OPEN_LIMIT) return
    const [longestAgo] = this.#recent
    if (longestAgo === undefined) return
    this.#recent.delete(longestAgo)
    this.#store.trim(longestAgo)
  }
}

function oldestOf({ timeline, floor }: ConversationRecord): Event | undefined {
  const { oldest } = timeline
  if (oldest === undefined || floor === undefined) return oldest ?? floor
  return comparePlaces(floor, oldest) < 0 ? floor : oldest
}

function shared<T>(
  running: Map<ConversationRecord, Promise<T>>,
  record: ConversationRecord,
  run: () => Promise<T>,
): Promise<T> {
  const under = running.get(record)
  if (under !== undefined) return under
  const promise = run().finally(() => running.delete(record))
  running.set(record, promise)
  return promise
}
