import type pg from 'pg'
import { connectOnce } from '../connection/connect-once.ts'
import { storeErrorOf } from '../connection/failure.ts'
import { StoreError } from '../../store-error.ts'
import { MIGRATIONS, NEWEST_MIGRATION, schemaState, type SchemaState } from './migrations.ts'

/** Chosen by `bench/lanes`; its README tells the figures. Fixed when the schema is made. */
export const DEFAULT_LANES = 2

/** Any number, the same in every version: two that migrate at once go one after the other. */
const MIGRATION_LOCK = 7_263_584

export interface MigrateOptions {
  /** Only when the schema is made; afterwards it is what it was. */
  readonly lanes?: number
}

/** Brings the schema to this version; does nothing when it is there. Rejects with StoreError. */
export async function migrate(
  url: string,
  options: MigrateOptions = {},
): Promise<{ readonly applied: readonly string[] }> {
  const client = await connectOnce(url)
  try {
    return { applied: await migrateOn(client, options) }
  } catch (error) {
    throw storeErrorOf(error, 'open')
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Where the schema stands, without touching it. */
export async function schemaOf(
  client: pg.ClientBase,
): Promise<{ readonly applied: number; readonly state: SchemaState }> {
  const there = await client.query<{ there: boolean }>(
    `select to_regclass('skein.migration') is not null as there`,
  )
  if (there.rows[0]?.there !== true) return { applied: 0, state: schemaState(0) }
  const { rows } = await client.query<{ applied: number }>(
    'select coalesce(max(number), 0) as applied from skein.migration',
  )
  const applied = rows[0]?.applied ?? 0
  return { applied, state: schemaState(applied) }
}

async function migrateOn(client: pg.Client, options: MigrateOptions): Promise<readonly string[]> {
  await client.query('begin')
  await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
  const { applied, state } = await schemaOf(client)
  if (state === 'newer') throw newerSchema(applied)
  if (state === 'empty') {
    await client.query(`create schema if not exists skein;
      create table skein.migration (number integer primary key, name text not null, applied_at timestamptz not null default now())`)
  }
  const missing = MIGRATIONS.filter((migration) => migration.number > applied)
  for (const { number, name, sql } of missing) {
    await client.query(sql)
    await client.query('insert into skein.migration (number, name) values ($1, $2)', [number, name])
  }
  if (state === 'empty') await initialise(client, options.lanes ?? DEFAULT_LANES)
  await client.query('commit')
  return missing.map(({ name }) => name)
}

async function initialise(client: pg.Client, lanes: number): Promise<void> {
  await client.query('insert into skein.meta (lanes) values ($1)', [lanes])
  await client.query('insert into skein.lane (lane) select generate_series(0, $1 - 1)', [lanes])
}

export const newerSchema = (applied: number): StoreError =>
  new StoreError(
    'incompatible',
    `The database's schema is newer (${applied}) than this Skein knows (${NEWEST_MIGRATION}): run the Skein that made it, or newer.`,
  )

export const olderSchema = (applied: number): StoreError =>
  new StoreError(
    'incompatible',
    applied === 0
      ? 'The database has no Skein schema yet: run `skein migrate`.'
      : `The database's schema is older (${applied}) than this Skein needs (${NEWEST_MIGRATION}): run \`skein migrate\`.`,
  )
