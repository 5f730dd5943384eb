import { randomName, type Random } from '@skein/core'
import type pg from 'pg'
import { StoreError } from '../../store-error.ts'

const INCARNATION_LOCK = 7_263_585

/** Which run of which database this is: a restore or a promotion begins another. */
export interface DatabaseRun {
  readonly systemIdentifier: string
  readonly timeline: string
}

export interface OriginRow {
  readonly id: number
  readonly name: string
}

/**
 * The timeline is that of the WAL now being written: the control file tells a promotion only from the
 * next checkpoint on, and what is committed in between must not reuse numbers.
 */
export async function databaseRun(client: pg.ClientBase): Promise<DatabaseRun> {
  const { rows } = await client.query<{ standby: boolean; id: string; timeline: string | null }>({
    name: 'skein-database-run',
    text: `select pg_is_in_recovery() as standby, system_identifier::text as id,
        case when not pg_is_in_recovery() then substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end as timeline
      from pg_control_system()`,
  })
  const row = rows[0]
  if (row === undefined || row.standby || row.timeline === null) {
    throw new StoreError('unavailable', 'The database is a standby; its primary is needed.')
  }
  return { systemIdentifier: row.id, timeline: row.timeline }
}

/** The origin of what is committed from now on: the newest of the region, or a new incarnation when the run is another. */
export async function currentOrigin(
  client: pg.ClientBase,
  region: string,
  run: DatabaseRun,
  random: Random,
): Promise<OriginRow> {
  await client.query('begin')
  try {
    await client.query('select pg_advisory_xact_lock($1)', [INCARNATION_LOCK])
    const origin = (await newestOf(client, region, run)) ?? (await begin(client, region, run, random))
    await client.query('commit')
    return origin
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

async function newestOf(
  client: pg.ClientBase,
  region: string,
  run: DatabaseRun,
): Promise<OriginRow | undefined> {
  const { rows } = await client.query<OriginRow & { same: boolean }>(
    `select id, name, system_identifier = $2 and timeline = $3 as same
      from skein.origin where region = $1 order by id desc limit 1`,
    [region, run.systemIdentifier, run.timeline],
  )
  const newest = rows[0]
  return newest?.same === true ? { id: newest.id, name: newest.name } : undefined
}

async function begin(
  client: pg.ClientBase,
  region: string,
  run: DatabaseRun,
  random: Random,
): Promise<OriginRow> {
  const name = `${region}.${randomName(random, 8)}`
  const { rows } = await client.query<OriginRow>(
    `insert into skein.origin (region, name, system_identifier, timeline) values ($1, $2, $3, $4) returning id, name`,
    [region, name, run.systemIdentifier, run.timeline],
  )
  const origin = rows[0]
  if (origin === undefined)
    throw new StoreError('unavailable', 'The database did not keep the new incarnation.')
  return { id: origin.id, name: origin.name }
}
