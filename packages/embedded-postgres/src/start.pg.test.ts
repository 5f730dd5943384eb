import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startPostgres } from './start.ts'
import { temporaryPostgres } from './temporary.ts'

let parent: string
let dataDir: string

beforeEach(async () => {
  // 0700: as a clone in somebody's home is, out of reach for the user that PostgreSQL runs as.
  parent = await mkdtemp(join(tmpdir(), 'skein-embedded-'))
  dataDir = join(parent, 'data')
})
afterEach(() => rm(parent, { recursive: true, force: true }))

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

describe('an embedded PostgreSQL', () => {
  test('starts, answers as a durable server on loopback only, stops and starts again with its data', async () => {
    const first = await startPostgres({ dataDir })
    await query(first.url, 'create table kept (n int)')
    const [row] = await query<{ v: string; f: string; s: string; a: string; e: string }>(
      first.url,
      `select current_setting('server_version_num') v, current_setting('fsync') f,
         current_setting('synchronous_commit') s, current_setting('listen_addresses') a, current_setting('server_encoding') e`,
    )
    expect(row).toMatchObject({
      v: expect.stringMatching(/^18/),
      f: 'on',
      s: 'on',
      a: '127.0.0.1',
      e: 'UTF8',
    })
    await first.stop()
    await expect(first.exited).resolves.toEqual({ code: 0, signal: null })
    const second = await startPostgres({ dataDir })
    expect(await query(second.url, 'select count(*)::int n from kept')).toEqual([{ n: 0 }])
    await second.stop('immediate')
  })

  test('starts again after its server was killed with SIGKILL', async () => {
    const first = await startPostgres({ dataDir })
    await query(first.url, 'create table kept as select 7 as n')
    process.kill(first.pid, 'SIGKILL')
    await expect(first.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' })
    const second = await startPostgres({ dataDir })
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }])
    await second.stop()
  })

  test('starts again at once after the process that ran it was killed with SIGKILL', async () => {
    const script = `
      const { startPostgres } = await import(${JSON.stringify(fileURLToPath(new URL('../dist/index.js', import.meta.url)))})
      const server = await startPostgres({ dataDir: process.argv[1] })
      console.log(server.pid)
      setInterval(() => {}, 1000)`
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const orphan = await new Promise<number>((resolve) =>
      owner.stdout.once('data', (line) => resolve(Number(line))),
    )
    await expect(startPostgres({ dataDir })).rejects.toMatchObject({ reason: 'inUse' })
    owner.kill('SIGKILL')
    await new Promise((resolve) => owner.once('exit', resolve))
    const second = await startPostgres({ dataDir })
    expect(second.pid).not.toBe(orphan)
    expect(await query(second.url, 'select 1 as n')).toEqual([{ n: 1 }])
    await second.stop()
  })

  test('throws away what an interrupted first start left behind', async () => {
    const first = await startPostgres({ dataDir })
    await first.stop()
    await rm(join(dataDir, 'cluster'), { recursive: true })
    await writeFile(join(dataDir, 'unfinished-1'), '')
    const second = await startPostgres({ dataDir })
    expect(await query(second.url, 'select 1 as n')).toEqual([{ n: 1 }])
    await second.stop()
  })

  test('refuses a data directory of another major version and says what to do', async () => {
    const first = await startPostgres({ dataDir })
    await first.stop()
    await writeFile(join(dataDir, 'cluster', 'PG_VERSION'), '17\n')
    await expect(startPostgres({ dataDir })).rejects.toMatchObject({
      reason: 'wrongMajor',
      message: expect.stringContaining('PostgreSQL 17'),
    })
  })

  test('refuses a port that is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => squatter.once('listening', resolve))
    const address = squatter.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(startPostgres({ dataDir, port })).rejects.toMatchObject({ reason: 'portBusy' })
    squatter.close()
  })

  test('keeps the password to its owner', async () => {
    const server = await startPostgres({ dataDir })
    expect(new URL(server.url).password).toBe((await readFile(join(dataDir, 'password'), 'utf8')).trim())
    await expect(query(server.url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow(
      'password authentication failed',
    )
    await server.stop('immediate')
  })
})

describe('a temporary PostgreSQL', () => {
  test('is an empty database, also inside a server that runs already', async () => {
    await using server = await temporaryPostgres()
    await using inside = await temporaryPostgres({ serverUrl: server.url })
    expect(await query(inside.url, `select current_database() like 'skein_test_%' as own`)).toEqual([
      { own: true },
    ])
  })
})
