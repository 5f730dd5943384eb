import type { Runtime } from '@skein/core'
import type { Role } from '@skein/protocol'
import type * as port from '../store.ts'
import { StoreError } from '../store-error.ts'
import { checkLanes, commitEntries } from './commit.ts'
import type { StoreCall, StoreFault, StoreFaults } from './faults.ts'
import { beginIdempotent, finishIdempotent } from './idempotent-answers.ts'
import { MemoryDatabase } from './memory-database.ts'
import { conversationFacts, membersPage, roleOf, userState } from './overview.ts'
import { mergeRead, revoke } from './read-cursors.ts'
import { historyPage, readPage } from './read-pages.ts'
import { findState, listUsers, mergeState, upsertUser } from './state-records.ts'
import { laneVector, tailPage } from './tail.ts'
import type { Transaction } from './transaction.ts'

export type MemoryStoreOptions = {
  readonly runtime: Runtime
  readonly faults?: StoreFaults
  /** Every call takes so long, by the runtime's timers; 0 (the default): only microtasks. */
  readonly latencyMs?: number
} & (
  | { readonly database: MemoryDatabase }
  | { readonly region: string; readonly incarnation: string; readonly lanes: number }
)

/** One node's handle on a database in memory: for the simulator and for fast tests, nothing survives the process. */
export class MemoryStore implements port.Store {
  readonly database: MemoryDatabase
  readonly #runtime: Runtime
  readonly #faults: StoreFaults | undefined
  readonly #latencyMs: number
  #closed = false

  constructor(options: MemoryStoreOptions) {
    const { clock, random } = options.runtime
    this.#runtime = options.runtime
    this.#faults = options.faults
    this.#latencyMs = options.latencyMs ?? 0
    this.database =
      'database' in options ? options.database : new MemoryDatabase({ ...options, clock, random })
  }

  get identity(): port.StoreIdentity {
    return this.database.identity
  }

  laneOf(app: string, conversation: string): number {
    return this.database.laneOf(app, conversation)
  }

  async commit(lane: number, entries: readonly port.CommitEntry[]): Promise<readonly port.CommitOutcome[]> {
    checkLanes(this.database, lane, entries)
    return this.#write({ call: 'commit', entries: entries.length }, (transaction) =>
      commitEntries(transaction, entries),
    )
  }

  async tail(after: port.LaneVector, limit: number): Promise<port.TailPage> {
    return this.#read({ call: 'tail' }, (database) => tailPage(database, after, limit))
  }

  async laneVector(): Promise<port.LaneVector> {
    return this.#read({ call: 'laneVector' }, laneVector)
  }

  async read(requests: readonly port.ReadRequest[]): Promise<readonly port.ReadPage[]> {
    return this.#read({ call: 'read' }, (database) => requests.map((request) => readPage(database, request)))
  }

  async history(request: port.HistoryRequest): Promise<port.HistoryResult> {
    return this.#read({ call: 'history' }, (database) => historyPage(database, request))
  }

  async users(keys: readonly port.UserKey[]): Promise<readonly port.UserState[]> {
    return this.#read({ call: 'users' }, (database) => keys.map((key) => userState(database, key)))
  }

  async conversation(app: string, conversation: string): Promise<port.ConversationFacts | undefined> {
    return this.#read({ call: 'conversation' }, (database) => conversationFacts(database, app, conversation))
  }

  async members(request: port.MembersRequest): Promise<port.MembersResult> {
    return this.#read({ call: 'members' }, (database) => membersPage(database, request))
  }

  async roleOf(app: string, conversation: string, user: string): Promise<Role | undefined> {
    return this.#read({ call: 'roleOf' }, (database) => roleOf(database, app, conversation, user))
  }

  async mergeReads(requests: readonly port.ReadCursorUpdate[]): Promise<readonly port.ReadMerge[]> {
    return this.#write({ call: 'mergeReads' }, (transaction) =>
      requests.map((update) => mergeRead(transaction, update)),
    )
  }

  async mergeState(records: readonly port.StateRecord[]): Promise<readonly port.StateRecord[]> {
    return this.#write({ call: 'mergeState' }, (transaction) => mergeState(transaction, records))
  }

  async state(keys: readonly port.StateKey[]): Promise<readonly (port.StateRecord | undefined)[]> {
    return this.#read({ call: 'state' }, (database) => keys.map((key) => findState(database, key)))
  }

  async listUsers(request: Parameters<port.Store['listUsers']>[0]): ReturnType<port.Store['listUsers']> {
    return this.#read({ call: 'listUsers' }, (database) => listUsers(database, request))
  }

  async upsertUser(app: string, user: string, profile: port.Profile): Promise<void> {
    return this.#write({ call: 'upsertUser' }, (transaction) => upsertUser(transaction, app, user, profile))
  }

  async revoke(app: string, user: string, validAfterMs: number): Promise<port.LogRecord> {
    return this.#write({ call: 'revoke' }, (transaction) => revoke(transaction, app, user, validAfterMs))
  }

  async beginIdempotent(
    app: string,
    key: string,
    requestHash: string,
  ): Promise<port.IdempotentAnswer | undefined> {
    return this.#write({ call: 'beginIdempotent' }, (transaction) =>
      beginIdempotent(transaction, app, key, requestHash),
    )
  }

  async finishIdempotent(
    app: string,
    key: string,
    answer: { readonly status: number; readonly body: string },
  ): Promise<void> {
    return this.#write({ call: 'finishIdempotent' }, (transaction) =>
      finishIdempotent(transaction, app, key, answer),
    )
  }

  async clockMs(): Promise<number> {
    return this.#read({ call: 'clockMs' }, (database) => database.nowMs())
  }

  async ping(): Promise<void> {
    return this.#read({ call: 'ping' }, () => undefined)
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  async #read<T>(call: StoreCall, ask: (database: MemoryDatabase) => T): Promise<T> {
    const fault = await this.#begin(call)
    if (fault.indeterminate !== undefined) throw away('the connection broke')
    const answer = ask(this.database)
    if (fault.answerDelayMs !== undefined) await this.#pause(fault.answerDelayMs)
    return answer
  }

  async #write<T>(call: StoreCall, change: (transaction: Transaction) => T): Promise<T> {
    const fault = await this.#begin(call)
    if (fault.indeterminate === 'notCommitted') throw indeterminate(call)
    const answer = this.database.write(fault.visibleAfterMs ?? 0, change)
    if (fault.answerDelayMs !== undefined) await this.#pause(fault.answerDelayMs)
    if (fault.indeterminate === 'committed') throw indeterminate(call)
    return answer
  }

  async #begin(call: StoreCall): Promise<StoreFault> {
    const fault = this.#faults?.next(call) ?? {}
    await this.#pause(this.#latencyMs + (fault.delayMs ?? 0))
    if (this.#closed) throw away('this handle is closed')
    if (fault.away === true) throw away('the database does not answer')
    return fault
  }

  async #pause(ms: number): Promise<void> {
    if (ms <= 0) return
    await new Promise<void>((resolve) => {
      this.#runtime.timers.after(ms, resolve)
    })
  }
}

const away = (why: string): StoreError => new StoreError('unavailable', `${why}: try again later`)

const indeterminate = ({ call }: StoreCall): StoreError =>
  new StoreError('indeterminate', `the connection broke during ${call}: the same call again finds out`)
