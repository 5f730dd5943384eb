import { assert, fnv1a32, type Clock, type Random } from '@skein/core'
import type { StateRecord, StoreIdentity } from '../store.ts'
import type { ConversationLog } from './conversation-log.ts'
import type { Conversation } from './conversation.ts'
import type { IdempotentEntry } from './idempotent-answers.ts'
import type { Undo } from './stored.ts'
import { keyOf, type Lane, type UserRow } from './rows.ts'
import { Transaction } from './transaction.ts'

/** How many commits a fail-over can take back, unless told otherwise. */
const DEFAULT_JOURNAL_COMMITS = 1_000

export interface MemoryDatabaseOptions {
  /** The database's own clock, and where its clientIds come from. */
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly region: string
  readonly incarnation: string
  readonly lanes: number
  readonly journalCommits?: number
}

/** The data that one or several `MemoryStore` handles (nodes) share. Writes are transactions; they apply wholly or not at all. */
export class MemoryDatabase {
  readonly logs = new Map<string, ConversationLog>()
  readonly conversations = new Map<string, Conversation>()
  readonly users = new Map<string, UserRow>()
  readonly lanes: readonly Lane[]
  /** Per app its state records. */
  readonly state = new Map<string, Map<string, StateRecord>>()
  readonly idempotent = new Map<string, IdempotentEntry>()
  /** Every origin that ever wrote here. */
  readonly origins = new Set<string>()
  readonly random: Random
  readonly #clock: Pick<Clock, 'now'>
  readonly #journal: (readonly Undo[])[] = []
  readonly #journalCommits: number
  #identity: StoreIdentity
  #births = 1

  constructor(options: MemoryDatabaseOptions) {
    const { region, incarnation, lanes } = options
    assert(Number.isInteger(lanes) && lanes > 0, `lanes must be a whole number above 0, got ${lanes}`)
    this.random = options.random
    this.#clock = options.clock
    this.#journalCommits = options.journalCommits ?? DEFAULT_JOURNAL_COMMITS
    this.lanes = Array.from({ length: lanes }, () => ({ rows: [], visibleAtMs: 0 }))
    this.#identity = this.#begin(region, incarnation, lanes)
  }

  /** Changes with `newIncarnation` and `failover`: handles that stay open write under the new one. */
  get identity(): StoreIdentity {
    return this.#identity
  }

  nowMs(): number {
    return Math.floor(this.#clock.now())
  }

  laneOf(app: string, conversation: string): number {
    return fnv1a32(keyOf(app, conversation)) % this.#identity.lanes
  }

  /** Runs `change` as one transaction. What it wrote is seen by readers `visibleAfterMs` later, by commits at once. */
  write<T>(visibleAfterMs: number, change: (transaction: Transaction) => T): T {
    const transaction = new Transaction(this)
    let result: T
    try {
      result = change(transaction)
    } catch (error) {
      transaction.rollBack()
      throw error
    }
    transaction.hideUntil(visibleAfterMs > 0 ? transaction.nowMs + visibleAfterMs : 0)
    if (transaction.undo.length > 0) this.#journal.push(transaction.undo)
    if (this.#journal.length > 2 * this.#journalCommits) {
      this.#journal.splice(0, this.#journal.length - this.#journalCommits)
    }
    return result
  }

  /** Opens the same data as a new incarnation, as after a restore. */
  newIncarnation(incarnation = this.#nextName()): StoreIdentity {
    this.#identity = this.#begin(this.#identity.region, incarnation, this.#identity.lanes)
    return this.#identity
  }

  /** The primary died: its last `lose` commits vanish, and the standby goes on as a new incarnation. */
  failover(options: { readonly lose: number; readonly incarnation?: string }): StoreIdentity {
    for (const undo of this.#journal.splice(Math.max(0, this.#journal.length - options.lose)).toReversed()) {
      for (const step of undo.toReversed()) step()
    }
    return this.newIncarnation(options.incarnation)
  }

  #nextName(): string {
    return `${this.#identity.incarnation.replace(/x\d+$/, '')}x${this.#births}`
  }

  #begin(region: string, incarnation: string, lanes: number): StoreIdentity {
    const origin = `${region}.${incarnation}`
    assert(!this.origins.has(origin), `incarnation ${incarnation} was there before: numbers would be reused`)
    this.origins.add(origin)
    this.#births = this.origins.size
    return { region, incarnation, origin, lanes }
  }
}
