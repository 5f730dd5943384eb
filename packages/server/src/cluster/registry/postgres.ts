import pg from 'pg'
import type { Logger } from '../../observe/logger.ts'
import { storeErrorOf } from '../../store/postgres/connection/failure.ts'
import { readRecord, type NodeRecord } from '../node-record.ts'
import {
  CLUSTER_MEMORY_MS,
  LEASE_TTL_MS,
  RegistryError,
  type AnnounceOutcome,
  type JoinOutcome,
  type Listing,
  type Registry,
} from '../registry.ts'
import { listingOf } from './listing.ts'

export interface PostgresRegistryOptions {
  readonly url: string
  readonly logger: Logger
}

const NOW_MS = `(extract(epoch from clock_timestamp()) * 1000)::float8`
const TTL = `interval '${LEASE_TTL_MS} milliseconds'`
const MEMORY = `interval '${CLUSTER_MEMORY_MS} milliseconds'`
/** The cluster's row is written anew only this long after the last time, not by every node each second. */
const MEMORY_REFRESH = `interval '${CLUSTER_MEMORY_MS / 10} milliseconds'`

const JOIN = {
  name: 'skein-node-join',
  text: `
    with mine as (
      insert into skein.cluster (fingerprint, expires_at) values ($4, clock_timestamp() + ${MEMORY})
      on conflict (one) do update set fingerprint = excluded.fingerprint, expires_at = excluded.expires_at
        where cluster.fingerprint = excluded.fingerprint or cluster.expires_at <= clock_timestamp()
      returning fingerprint
    ), joined as (
      insert into skein.node (name, id, epoch, expires_at, record)
      select $1::text, $2::text, nextval('skein.node_epoch'), clock_timestamp() + ${TTL}, $3::json from mine
      on conflict (name) do update set id = excluded.id, epoch = excluded.epoch,
        expires_at = excluded.expires_at, record = excluded.record
        where node.expires_at <= clock_timestamp() or node.id = excluded.id
      returning epoch
    ), forgotten as (
      delete from skein.node where name <> $1 and expires_at < clock_timestamp() - interval '1 minute'
    )
    select ${NOW_MS} as now, (select count(*) from mine) = 1 as mine, (select epoch::float8 from joined) as epoch,
      (select id from skein.node where name = $1) as holder`,
}

const ANNOUNCE = {
  name: 'skein-node-announce',
  text: `
    with renewed as (
      update skein.node set record = $3, expires_at = clock_timestamp() + ${TTL}
      where name = $1 and id = $2 and epoch = $4 and expires_at > clock_timestamp()
      returning 1
    ), remembered as (
      update skein.cluster set expires_at = clock_timestamp() + ${MEMORY}
      where expires_at < clock_timestamp() + ${MEMORY} - ${MEMORY_REFRESH} and exists (select from renewed)
    )
    select ${NOW_MS} as now, exists (select from renewed) as renewed`,
}

const LIST = {
  name: 'skein-node-list',
  text: `
    select ${NOW_MS} as now, coalesce(json_agg(json_build_object('name', name, 'record', record, 'epoch', epoch,
        'expiresAtMs', (extract(epoch from expires_at) * 1000)::float8)), '[]') as nodes
    from skein.node where expires_at > clock_timestamp()`,
}

/** Leases in the table `skein.node`, on two connections of its own: commits and reads never hold them up. */
export class PostgresRegistry implements Registry {
  readonly #pool: pg.Pool

  constructor({ url, logger }: PostgresRegistryOptions) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: 2,
      application_name: 'skein-registry',
      connectionTimeoutMillis: 1_000,
      idleTimeoutMillis: 0,
      keepAlive: true,
      // A lease outlives no server anyway; and it must not wait for a standby that is away.
      options: '-c synchronous_commit=off',
      lock_timeout: 500,
      statement_timeout: 800,
      query_timeout: 1_000,
    })
    this.#pool.on('error', (error) =>
      logger.warn({ error: error.message }, 'an idle connection to the registry was lost'),
    )
  }

  async join(record: NodeRecord, fingerprint: string): Promise<JoinOutcome> {
    const row = await this.#ask<{ now: number; mine: boolean; epoch: number | null; holder: string | null }>(
      JOIN,
      [record.name, record.id, JSON.stringify(record), fingerprint],
    )
    const nowMs = row.now
    if (!row.mine) return { kind: 'wrongSecret', nowMs }
    if (row.epoch !== null) return { kind: 'joined', epoch: row.epoch, nowMs }
    return { kind: 'nameTaken', holder: row.holder ?? record.name, nowMs }
  }

  async announce(record: NodeRecord, epoch: number): Promise<AnnounceOutcome> {
    const row = await this.#ask<{ now: number; renewed: boolean }>(ANNOUNCE, [
      record.name,
      record.id,
      JSON.stringify(record),
      epoch,
    ])
    return { kind: row.renewed ? 'renewed' : 'lapsed', nowMs: row.now }
  }

  async leave(id: string): Promise<void> {
    await this.#query({ name: 'skein-node-leave', text: 'delete from skein.node where id = $1' }, [id])
  }

  async list(): Promise<Listing> {
    const row = await this.#ask<{
      now: number
      nodes: { name: string; record: unknown; epoch: number; expiresAtMs: number }[]
    }>(LIST, [])
    return listingOf(
      row.now,
      row.nodes.map((node) => ({ ...node, record: readRecord(node.record) })),
    )
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #ask<Row extends pg.QueryResultRow>(
    statement: pg.QueryConfig,
    values: readonly unknown[],
  ): Promise<Row> {
    const row = (await this.#query<Row>(statement, values)).rows[0]
    if (row === undefined) throw new RegistryError('unavailable', 'The registry answered without a row.')
    return row
  }

  async #query<Row extends pg.QueryResultRow>(
    statement: pg.QueryConfig,
    values: readonly unknown[],
  ): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#pool.query<Row>({ ...statement, values: [...values] })
    } catch (error) {
      const { reason, message } = storeErrorOf(error, 'open')
      const fixable = reason === 'configuration' || reason === 'incompatible'
      throw new RegistryError(fixable ? 'configuration' : 'unavailable', message, error)
    }
  }
}
