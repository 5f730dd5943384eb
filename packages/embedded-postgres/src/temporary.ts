import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from './start.ts'

export interface TemporaryPostgres extends AsyncDisposable {
  /** Of an empty database, as a user that owns it. */
  readonly url: string
  dispose(): Promise<void>
}

/**
 * An empty database for a test: in a server of its own, or a new one in that of
 * SKEIN_TEST_DATABASE_URL. Gone after `dispose`.
 */
export async function temporaryPostgres(
  options: { readonly settings?: Readonly<Record<string, string>>; readonly serverUrl?: string } = {},
): Promise<TemporaryPostgres> {
  const serverUrl = options.serverUrl ?? process.env['SKEIN_TEST_DATABASE_URL']
  return serverUrl === undefined || serverUrl === '' ? ownServer(options.settings) : databaseIn(serverUrl)
}

async function ownServer(settings: Readonly<Record<string, string>> | undefined): Promise<TemporaryPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'skein-test-postgres-'))
  const server = await startPostgres({ dataDir, ...(settings !== undefined && { settings }) })
  const dispose = async (): Promise<void> => {
    await server.stop('immediate')
    await rm(dataDir, { recursive: true, force: true })
  }
  return { url: server.url, dispose, [Symbol.asyncDispose]: dispose }
}

async function databaseIn(serverUrl: string): Promise<TemporaryPostgres> {
  const name = `skein_test_${randomBytes(6).toString('hex')}`
  await run(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  const dispose = (): Promise<void> => run(serverUrl, `drop database if exists ${name} with (force)`)
  return { url: url.href, dispose, [Symbol.asyncDispose]: dispose }
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
