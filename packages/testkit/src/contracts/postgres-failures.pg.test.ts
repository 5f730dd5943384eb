import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, temporaryPostgres, type TemporaryPostgres } from '@skein/embedded-postgres'
import {
  migrate,
  openPostgresStore,
  type PostgresStore,
  type PostgresStoreOptions,
  systemRuntime,
} from '@skein/server'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accepted, codeOf, Tenant, texts } from './tenant.ts'

const runtime = systemRuntime()

let database: TemporaryPostgres

beforeAll(async () => {
  database = await temporaryPostgres()
})
afterAll(() => database.dispose())

const open = (url: string, more: Partial<PostgresStoreOptions> = {}): Promise<PostgresStore> =>
  openPostgresStore({ url, region: 'eu', runtime, autoMigrate: true, ...more })

const changed = (change: (url: URL) => void): string => {
  const url = new URL(database.url)
  change(url)
  return url.href
}

async function withClient<T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await run(client)
  } finally {
    await client.end()
  }
}

async function on(tenantStore: PostgresStore): Promise<Tenant> {
  const tenant = await Tenant.on(tenantStore)
  await tenant.group('g', 'ann')
  await tenant.say('g', 'ann', 'first')
  return tenant
}

/** Holds every lane until `release`. */
async function holdLanes(): Promise<{ waitForBlocked(): Promise<number>; release(): Promise<void> }> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query('begin; select * from skein.lane for update')
  return {
    async waitForBlocked() {
      for (;;) {
        const { rows } = await client.query<{ pid: number }>(
          `select pid from pg_stat_activity where application_name = 'skein-commit' and wait_event_type = 'Lock'`,
        )
        if (rows[0] !== undefined) return rows[0].pid
      }
    },
    async release() {
      await client.query('rollback')
      await client.end()
    },
  }
}

describe('opening', () => {
  test.each<[string, (url: URL) => void, string]>([
    ['a wrong password', (url) => (url.password = 'wrong'), 'configuration'],
    ['an unknown database', (url) => (url.pathname = '/nowhere'), 'configuration'],
    ['an unknown host', (url) => (url.hostname = 'nowhere.invalid'), 'configuration'],
    ['a port where nobody listens', (url) => (url.port = '1'), 'unavailable'],
  ])('with %s fails in one line', async (_name, change, reason) => {
    const opening = open(changed(change))
    await expect(opening).rejects.toMatchObject({ name: 'StoreError', reason })
    await expect(opening).rejects.toThrow(/^[^\n]+$/)
  })

  test('refuses a database without a schema, and one that is newer', async () => {
    await using other = await temporaryPostgres({ serverUrl: database.url })
    await expect(open(other.url, { autoMigrate: false })).rejects.toMatchObject({
      reason: 'incompatible',
      message: expect.stringContaining('skein migrate'),
    })
    await Promise.all([migrate(other.url), migrate(other.url)])
    await withClient(other.url, (client) =>
      client.query(`insert into skein.migration (number, name) values (999, 'later')`),
    )
    await expect(open(other.url)).rejects.toMatchObject({
      reason: 'incompatible',
      message: expect.stringContaining('newer'),
    })
  })

  test('keeps the number of lanes that the schema was made with', async () => {
    await using other = await temporaryPostgres({ serverUrl: database.url })
    const first = await open(other.url, { lanes: 5 })
    const second = await open(other.url, { lanes: 9 })
    expect([first.identity.lanes, second.identity.lanes]).toEqual([5, 5])
    expect(second.identity).toEqual(first.identity)
    await Promise.all([first.close(), second.close()])
  })
})

describe('a commit', () => {
  test('whose connection is ended is indeterminate, and its retry stands once', async () => {
    const store = await open(database.url)
    const tenant = await on(store)
    const lanes = await holdLanes()
    const entry = tenant.message('g', 'ann', 'cut off')
    const outcome = tenant.one(entry).catch((error: unknown) => error)
    const pid = await lanes.waitForBlocked()
    await withClient(database.url, (client) => client.query('select pg_terminate_backend($1)', [pid]))
    expect(await outcome).toMatchObject({ reason: 'indeterminate' })
    await lanes.release()
    await tenant.ok(entry)
    await tenant.ok(entry)
    expect(texts((await tenant.readAll('g')).records)).toEqual(['create', 'first', 'cut off'])
    await store.close()
  })

  test('that cannot have its lane in time is unavailable, and nothing of it stands', async () => {
    const store = await open(database.url, { lockTimeoutMs: 200 })
    const tenant = await on(store)
    const lanes = await holdLanes()
    await expect(tenant.say('g', 'ann', 'too late')).rejects.toMatchObject({ reason: 'unavailable' })
    await lanes.release()
    expect(texts((await tenant.readAll('g')).records)).toEqual(['create', 'first'])
    await store.close()
  })

  test('that the database rejects for its data is halved until only the culprit is refused', async () => {
    const store = await open(database.url)
    const tenant = await on(store)
    const culprit = tenant.message('g', 'ann', 'bad', { clientId: 'no uuid at all' })
    const around = ['a', 'b', 'c', 'd'].map((text) => tenant.message('g', 'ann', text))
    const outcomes = await tenant.commit([...around.slice(0, 3), culprit, ...around.slice(3)])
    expect(outcomes.map(codeOf)).toEqual(['committed', 'committed', 'committed', 'unstorable', 'committed'])
    expect(texts((await tenant.readAll('g')).records)).toEqual(['create', 'first', 'a', 'b', 'c', 'd'])
    await store.close()
  })

  test('goes on after the server crashed and came back', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'skein-crash-'))
    const first = await startPostgres({ dataDir })
    const store = await open(first.url)
    const tenant = await on(store)
    process.kill(first.pid, 'SIGKILL')
    await first.exited
    await expect(tenant.say('g', 'ann', 'into the void')).rejects.toMatchObject({ name: 'StoreError' })
    const second = await startPostgres({ dataDir, port: first.port })
    for (const outcome of await tenant.commit([tenant.message('g', 'ann', 'after the crash')]))
      accepted(outcome)
    expect(texts((await tenant.readAll('g')).records)).toEqual(['create', 'first', 'after the crash'])
    await store.close()
    await second.stop('immediate')
    await rm(dataDir, { recursive: true, force: true })
  })
})
