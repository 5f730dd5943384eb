import { assert, fnv1a32, uuidv7, type Runtime } from '@skein/core'
import type { Role } from '@skein/protocol'
import type pg from 'pg'
import type { Guards } from '../../observe/guards.ts'
import { silentLogger, type Logger } from '../../observe/logger.ts'
import type * as port from '../store.ts'
import { BatchCommitter } from './commit/committer.ts'
import type { LogContext } from './commit/full-path.ts'
import { connectOnce } from './connection/connect-once.ts'
import { Connections, type ConnectionOptions, type Statement } from './connection/connections.ts'
import { storeErrorOf } from './connection/failure.ts'
import { conversationFacts, members, roleOf } from './reading/conversations.ts'
import { history } from './reading/history.ts'
import { readPages } from './reading/read-pages.ts'
import { laneVector, tail } from './reading/tail.ts'
import { users } from './reading/users.ts'
import { beginIdempotent, finishIdempotent } from './records/idempotent-answers.ts'
import { mergeReads, revoke } from './records/read-cursors.ts'
import { findState, listUsers, mergeState, upsertUser } from './records/state-records.ts'
import { currentOrigin, databaseRun, type DatabaseRun, type OriginRow } from './schema/incarnation.ts'
import { migrate, newerSchema, olderSchema, schemaOf } from './schema/migrate.ts'

export interface PostgresStoreOptions extends Omit<ConnectionOptions, 'logger' | 'onCommitConnection'> {
  readonly region: string
  readonly runtime: Runtime
  readonly logger?: Logger
  /** Where the store adds what protects the database. */
  readonly guards?: Guards
  /** Makes or upgrades the schema; otherwise an older one is refused (`incompatible`). */
  readonly autoMigrate?: boolean
  /** Only used when the schema is made. */
  readonly lanes?: number
}

interface Opening {
  readonly options: PostgresStoreOptions
  readonly lanes: number
  readonly run: DatabaseRun
  readonly origin: OriginRow
}

const CLOCK: Statement = {
  name: 'skein-clock',
  kind: 'vital',
  text: 'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now',
}

/**
 * Commits run a cached plan for the life of their connection. It must not be one made for the empty
 * tables of the first minute, nor be made anew for each batch.
 */
const COMMIT_SETTINGS = `set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set jit = off`

/** The log on PostgreSQL 15 or newer. */
export class PostgresStore implements port.Store {
  readonly #region: string
  readonly #lanes: number
  readonly #options: PostgresStoreOptions
  readonly #logger: Logger
  readonly #connections: Connections
  readonly #committer: BatchCommitter
  readonly #context: LogContext
  #run: DatabaseRun
  #origin: OriginRow

  /** Rejects with StoreError: `configuration`, `incompatible`, `unavailable`. */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    if (options.autoMigrate === true) {
      const { applied } = await migrate(
        options.url,
        options.lanes === undefined ? {} : { lanes: options.lanes },
      )
      if (applied.length > 0)
        options.logger?.info({ migrations: applied }, 'the database schema was brought up to date')
    }
    const client = await connectOnce(options.url)
    try {
      const { applied, state } = await schemaOf(client)
      if (state === 'newer') throw newerSchema(applied)
      if (state !== 'current') throw olderSchema(applied)
      const { rows } = await client.query<{ lanes: number }>('select lanes from skein.meta')
      const lanes = rows[0]?.lanes
      assert(lanes !== undefined, 'a schema that is current knows its lanes')
      const run = await databaseRun(client)
      const origin = await currentOrigin(client, options.region, run, options.runtime.random)
      return new PostgresStore({ options, lanes, run, origin })
    } catch (error) {
      throw storeErrorOf(error, 'open')
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  private constructor({ options, lanes, run, origin }: Opening) {
    this.#options = options
    this.#region = options.region
    this.#lanes = lanes
    this.#run = run
    this.#origin = origin
    this.#logger = options.logger ?? silentLogger
    this.#connections = new Connections({
      ...options,
      logger: this.#logger,
      onCommitConnection: (client) => this.#meet(client),
    })
    options.guards?.add(() => this.#connections.status())
    this.#context = {
      laneOf: (app, conversation) => this.laneOf(app, conversation),
      newClientId: (nowMs) => uuidv7({ now: () => nowMs }, options.runtime.random),
    }
    this.#committer = new BatchCommitter({
      connections: this.#connections,
      clock: options.runtime.clock,
      context: this.#context,
      origin: () => this.#origin,
    })
  }

  /** The origin changes when the database was promoted or restored under us. */
  get identity(): port.StoreIdentity {
    const { name } = this.#origin
    return {
      region: this.#region,
      incarnation: name.slice(this.#region.length + 1),
      origin: name,
      lanes: this.#lanes,
    }
  }

  laneOf(app: string, conversation: string): number {
    return fnv1a32(`${app}/${conversation}`) % this.#lanes
  }

  async commit(lane: number, entries: readonly port.CommitEntry[]): Promise<readonly port.CommitOutcome[]> {
    if (entries.length === 0) return []
    for (const { app, conversation } of entries) {
      if (this.laneOf(app, conversation) !== lane)
        assert(false, `${conversation} of ${app} is not in lane ${lane}`)
    }
    return this.#committer.commit(lane, entries)
  }

  tail(after: port.LaneVector, limit: number): Promise<port.TailPage> {
    return tail(this.#connections, after, limit)
  }

  laneVector(): Promise<port.LaneVector> {
    return laneVector(this.#connections)
  }

  read(requests: readonly port.ReadRequest[]): Promise<readonly port.ReadPage[]> {
    return readPages(this.#connections, requests)
  }

  history(request: port.HistoryRequest): Promise<port.HistoryResult> {
    return history(this.#connections, request)
  }

  users(keys: readonly port.UserKey[]): Promise<readonly port.UserState[]> {
    return users(this.#connections, keys)
  }

  conversation(app: string, conversation: string): Promise<port.ConversationFacts | undefined> {
    return conversationFacts(this.#connections, app, conversation)
  }

  members(request: port.MembersRequest): Promise<port.MembersResult> {
    return members(this.#connections, request)
  }

  roleOf(app: string, conversation: string, user: string): Promise<Role | undefined> {
    return roleOf(this.#connections, app, conversation, user)
  }

  async mergeReads(requests: readonly port.ReadCursorUpdate[]): Promise<readonly port.ReadMerge[]> {
    if (requests.length === 0) return []
    return this.#transaction((client) => mergeReads(client, this.#origin, this.#context, requests))
  }

  mergeState(records: readonly port.StateRecord[]): Promise<readonly port.StateRecord[]> {
    return mergeState(this.#connections, records)
  }

  state(keys: readonly port.StateKey[]): Promise<readonly (port.StateRecord | undefined)[]> {
    return findState(this.#connections, keys)
  }

  listUsers(request: Parameters<port.Store['listUsers']>[0]): ReturnType<port.Store['listUsers']> {
    return listUsers(this.#connections, request)
  }

  upsertUser(app: string, user: string, profile: port.Profile): Promise<void> {
    return upsertUser(this.#connections, this.#region, app, user, profile)
  }

  revoke(app: string, user: string, validAfterMs: number): Promise<port.LogRecord> {
    return this.#transaction((client) =>
      revoke(client, this.#origin, this.#context, { app, user, validAfterMs }),
    )
  }

  beginIdempotent(app: string, key: string, requestHash: string): Promise<port.IdempotentAnswer | undefined> {
    return beginIdempotent(this.#connections, app, key, requestHash)
  }

  finishIdempotent(
    app: string,
    key: string,
    answer: { readonly status: number; readonly body: string },
  ): Promise<void> {
    return finishIdempotent(this.#connections, app, key, answer)
  }

  async clockMs(): Promise<number> {
    const [row] = await this.#connections.query<{ now: number }>(CLOCK, [])
    assert(row !== undefined, 'the database tells its time')
    return row.now
  }

  async ping(): Promise<void> {
    await this.clockMs()
  }

  close(): Promise<void> {
    return this.#connections.close()
  }

  async #transaction<T>(run: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    try {
      return await this.#connections.transaction(run)
    } catch (error) {
      throw storeErrorOf(error, 'write')
    }
  }

  /** A new connection may lead to another run of the database: then what we know of the former does not hold. */
  async #meet(client: pg.ClientBase): Promise<void> {
    await client.query(COMMIT_SETTINGS)
    const run = await databaseRun(client)
    if (run.systemIdentifier === this.#run.systemIdentifier && run.timeline === this.#run.timeline) return
    const origin = await currentOrigin(client, this.#region, run, this.#options.runtime.random)
    this.#logger.warn(
      { was: this.#origin.name, is: origin.name },
      'the database was promoted or restored: a new incarnation begins',
    )
    this.#run = run
    this.#origin = origin
    this.#committer.forget()
  }
}

export const openPostgresStore = (options: PostgresStoreOptions): Promise<PostgresStore> =>
  PostgresStore.open(options)
