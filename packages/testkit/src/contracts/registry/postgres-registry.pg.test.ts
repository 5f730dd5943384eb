import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryPostgres, type TemporaryPostgres } from '@skein/embedded-postgres'
import { migrate, PostgresRegistry, silentLogger as logger } from '@skein/server'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FINGERPRINT, recordOf } from './node-record.ts'
import { registryContract } from './registry-contract.ts'

let database: TemporaryPostgres
let client: pg.Client

beforeAll(async () => {
  database = await temporaryPostgres()
  await migrate(database.url)
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.dispose()
})

registryContract('the registry in PostgreSQL', async () => {
  await client.query('truncate skein.node, skein.cluster')
  const opened: PostgresRegistry[] = []
  const handle = async (): Promise<PostgresRegistry> => {
    const registry = new PostgresRegistry({ url: database.url, logger })
    opened.push(registry)
    return registry
  }
  return {
    registry: await handle(),
    another: handle,
    passMs: (ms) => sleep(ms),
    async nowMs() {
      const { rows } = await client.query<{ now: number }>(
        'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now',
      )
      return rows[0]?.now ?? NaN
    },
    async spoil(name) {
      await client.query(`update skein.node set record = '{"id": 7}' where name = $1`, [name])
    },
    async dispose() {
      await Promise.all(opened.map((registry) => registry.close()))
    },
  }
})

test('the secret of a cluster that is long gone may be another', async () => {
  const registry = new PostgresRegistry({ url: database.url, logger })
  await client.query('truncate skein.node, skein.cluster')
  await registry.join(recordOf('a', 'one'), FINGERPRINT)
  await client.query(`update skein.cluster set expires_at = clock_timestamp() - interval '1 second'`)
  expect((await registry.join(recordOf('b', 'one'), 'other')).kind).toBe('joined')
  await registry.close()
})

test.each([
  ['a port where nobody listens', (url: URL) => (url.port = '1'), 'unavailable'],
  ['a wrong password', (url: URL) => (url.password = 'wrong'), 'configuration'],
])('a registry behind %s says so', async (_name, change, reason) => {
  const url = new URL(database.url)
  change(url)
  const registry = new PostgresRegistry({ url: url.href, logger })
  await expect(registry.list()).rejects.toMatchObject({ name: 'RegistryError', reason })
  await registry.close()
})

test('a registry that lacks its tables asks for the migration', async () => {
  await using empty = await temporaryPostgres({ serverUrl: database.url })
  const registry = new PostgresRegistry({ url: empty.url, logger })
  await expect(registry.list()).rejects.toMatchObject({
    reason: 'configuration',
    message: expect.stringContaining('skein migrate'),
  })
  await registry.close()
})
