import { temporaryPostgres } from '@skein/embedded-postgres'
import { PostgresStore, systemRuntime } from '@skein/server'
import pg from 'pg'
import { storeContract } from './store-contract.ts'
import type { StoreHarness } from './store-harness.ts'

const runtime = systemRuntime()

/** A clock that can be moved, in front of PostgreSQL's own on the search path of every later connection. */
const MOVABLE_CLOCK = `
  create schema moved;
  create table moved.clock (by interval not null);
  insert into moved.clock values ('0');
  create function moved.clock_timestamp() returns timestamptz language sql volatile
    as 'select pg_catalog.clock_timestamp() + (select by from moved.clock)';
  do $$ begin execute format('alter database %I set search_path = moved, pg_catalog, public', current_database()); end $$`

async function sql(url: string, text: string, values: readonly unknown[] = []): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(text, [...values])
  await client.end()
}

async function open(): Promise<StoreHarness> {
  const database = await temporaryPostgres()
  await sql(database.url, MOVABLE_CLOCK)
  const opened: PostgresStore[] = []
  const openOne = async (): Promise<PostgresStore> => {
    const store = await PostgresStore.open({
      url: database.url,
      region: 'eu',
      runtime,
      autoMigrate: true,
      readConnections: 4,
    })
    opened.push(store)
    return store
  }
  const store = await openOne()
  let other: Promise<PostgresStore> | undefined
  return {
    store,
    another: () => (other ??= openOne()),
    clockSkew: (ms) =>
      sql(database.url, `update moved.clock set by = by + $1 * interval '1 millisecond'`, [ms]),
    async newIncarnation() {
      // What was written so far was another timeline's, as after a restore.
      await sql(database.url, `update skein.origin set timeline = 'before'`)
      return openOne()
    },
    async dispose() {
      await Promise.all(opened.map((one) => one.close()))
      await database.dispose()
    },
  }
}

storeContract('the log in PostgreSQL', open)
