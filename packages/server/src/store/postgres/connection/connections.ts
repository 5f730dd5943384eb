import type { Runtime } from '@skein/core'
import pg from 'pg'
import type { GuardStatus } from '../../../observe/guards.ts'
import type { Logger } from '../../../observe/logger.ts'
import { StoreError } from '../../store-error.ts'
import { isStatementError, storeErrorOf } from './failure.ts'
import { ReadGate } from './read-gate.ts'
import type { ReadKind } from './read-kind.ts'
import { Waits } from './waits.ts'

export interface ConnectionOptions {
  readonly url: string
  /** Connections for commits: a batch is large, so few suffice. */
  readonly commitConnections?: number
  /** Connections for everything else. */
  readonly readConnections?: number
  /** How long a commit may wait for a lane's lock. */
  readonly lockTimeoutMs?: number
  readonly statementTimeoutMs?: number
  /** After this a statement without an answer is given up with its connection. Above `statementTimeoutMs`. */
  readonly deadlineMs?: number
  readonly runtime: Runtime
  readonly logger: Logger
  /** Runs once on every new connection that commits, before its first use. */
  readonly onCommitConnection: (client: pg.ClientBase) => Promise<void>
}

/** A transaction that its node has abandoned (paused, cut off) gives the lanes back after this. */
const IDLE_IN_TRANSACTION_MS = 2_000
/** What the log counts stays far below 2^53, so bigints are numbers. */
const numberedTypes = new pg.TypeOverrides()
numberedTypes.setTypeParser(pg.types.builtins.INT8, Number)

export interface Statement {
  readonly name: string
  readonly text: string
  /** `records` unless told. */
  readonly kind?: ReadKind
}

const COMMIT_CONNECTIONS = 2
const READ_CONNECTIONS = 8

/** Two pools: commits never wait for reads. */
export class Connections {
  readonly #commits: pg.Pool
  readonly #reads: pg.Pool
  readonly #gate: ReadGate
  readonly #commitConnections: number
  readonly #onCommitConnection: ConnectionOptions['onCommitConnection']
  readonly #commitWaits = new Waits()
  readonly #nowMs: () => number
  readonly #introduced = new WeakSet<pg.ClientBase>()

  constructor(options: ConnectionOptions) {
    const { runtime, logger, readConnections = READ_CONNECTIONS } = options
    this.#nowMs = () => runtime.clock.monotonicMs()
    this.#commitConnections = options.commitConnections ?? COMMIT_CONNECTIONS
    this.#commits = pool(options, this.#commitConnections, 'skein-commit')
    this.#reads = pool(options, readConnections, 'skein')
    this.#gate = new ReadGate({ runtime, logger, connections: readConnections })
    this.#onCommitConnection = options.onCommitConnection
  }

  async query<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const { name, text, kind = 'records' } = statement
    const ask = (): Promise<pg.QueryResult<Row>> =>
      this.#reads.query<Row>({ name, text, values: [...values] })
    try {
      return (await this.#gate.run(kind, ask)).rows
    } catch (error) {
      throw storeErrorOf(error, 'read')
    }
  }

  /** One statement that writes, on its own. */
  async execute<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const { name, text, kind = 'records' } = statement
    const ask = (): Promise<Row[]> =>
      this.#use(
        this.#reads,
        async (client) => (await client.query<Row>({ name, text, values: [...values] })).rows,
      )
    return this.#gate.run(kind, ask)
  }

  /** One statement on a connection for commits. Errors of the statement itself come as they are. */
  async commitStatement<T>(run: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    return this.#use(this.#commits, run)
  }

  /** A transaction that holds lanes; on a connection for commits. */
  async commitTransaction<T>(run: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    return this.#use(this.#commits, (client) => inTransaction(client, run))
  }

  /** A transaction beside the commits. */
  async transaction<T>(run: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const ask = (): Promise<T> => this.#use(this.#reads, (client) => inTransaction(client, run))
    return this.#gate.run('records', ask)
  }

  /** What stands before the database, commits' breaker aside: that is the committer's. */
  status(): readonly GuardStatus[] {
    const { totalCount, idleCount, waitingCount } = this.#commits
    const commits = {
      name: 'database.commits',
      kind: 'bulkhead',
      ...this.#commitWaits.state(this.#nowMs(), 'for a connection'),
      used: totalCount - idleCount + waitingCount,
      bound: this.#commitConnections,
      unit: 'connections',
      // A lane has one batch under way: it waits for its connection.
      refused: 0,
    } as const
    return [commits, ...this.#gate.status()]
  }

  async close(): Promise<void> {
    await Promise.all([this.#commits.end(), this.#reads.end()])
  }

  async #use<T>(from: pg.Pool, run: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const client = await this.#checkOut(from)
    const warnings = watchWarnings(client)
    let result: T
    try {
      result = await run(client)
    } catch (error) {
      warnings.stop()
      // After anything but an answer of the server nobody knows what this connection will say next.
      giveBack(client, !isStatementError(error))
      throw isStatementError(error) ? error : storeErrorOf(error, 'write')
    }
    warnings.stop()
    giveBack(client, false)
    // For instance "canceling wait for synchronous replication": committed here, perhaps nowhere else.
    if (warnings.seen !== undefined)
      throw new StoreError('indeterminate', `The database warned at commit: ${warnings.seen}`)
    return result
  }

  async #checkOut(from: pg.Pool): Promise<pg.PoolClient> {
    let client: pg.PoolClient
    const endWait = from === this.#commits ? this.#commitWaits.begin(this.#nowMs()) : undefined
    try {
      client = await from.connect()
    } catch (error) {
      throw new StoreError('unavailable', 'The database does not serve now: no connection to be had.', error)
    } finally {
      endWait?.()
    }
    client.on('error', saidByNextStatement)
    if (this.#introduced.has(client)) return client
    try {
      await this.#onCommitConnection(client)
      this.#introduced.add(client)
      return client
    } catch (error) {
      giveBack(client, true)
      throw storeErrorOf(error, 'read')
    }
  }
}

/**
 * A connection may be lost between two statements, when no promise waits: the next statement is refused
 * for that. The pool listens to idle connections only, and an error that nobody hears ends the process.
 */
const saidByNextStatement = (): void => undefined

function giveBack(client: pg.PoolClient, broken: boolean): void {
  client.release(broken)
  client.off('error', saidByNextStatement)
}

function pool(options: ConnectionOptions, max: number, name: string): pg.Pool {
  const made = new pg.Pool({
    connectionString: options.url,
    max,
    application_name: name,
    types: numberedTypes,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 0,
    keepAlive: true,
    lock_timeout: options.lockTimeoutMs ?? 3_000,
    statement_timeout: options.statementTimeoutMs ?? 5_000,
    query_timeout: options.deadlineMs ?? 8_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  })
  made.on('error', (error) =>
    options.logger.warn({ error: error.message }, 'an idle database connection was lost'),
  )
  return made
}

async function inTransaction<T>(
  client: pg.ClientBase,
  run: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  await client.query('begin')
  let result: T
  try {
    result = await run(client)
  } catch (error) {
    if (isStatementError(error) || error instanceof StoreError)
      await client.query('rollback').catch(() => undefined)
    // Nothing was committed: the commit had not been sent.
    throw isStatementError(error) ? error : storeErrorOf(error, 'read')
  }
  await client.query('commit')
  return result
}

function watchWarnings(client: pg.ClientBase): { seen: string | undefined; stop(): void } {
  const onNotice = (notice: { severity?: string | undefined; message?: string | undefined }): void => {
    if (notice.severity === 'WARNING') watch.seen = notice.message ?? 'a warning'
  }
  const watch: { seen: string | undefined; stop(): void } = {
    seen: undefined,
    stop: () => client.off('notice', onNotice),
  }
  client.on('notice', onNotice)
  return watch
}
