import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type EmbeddedPostgres, startPostgres } from '@skein/embedded-postgres'
import { openPostgresStore, silentLogger, systemRuntime } from '@skein/server'
import { afterEach, describe, expect, it } from 'vitest'
import { killRun } from './kill-run.ts'
import { ServerUnderFire } from './server-under-fire.ts'

const CLI = fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url))

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0))
    })
  })

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function setUp() {
  const dataDir = await mkdtemp(join(tmpdir(), 'skein-kill-'))
  undo.push(() => rm(dataDir, { recursive: true, force: true }))
  let postgres: EmbeddedPostgres = await startPostgres({ dataDir })
  undo.push(() => postgres.stop('immediate'))
  const databasePort = postgres.port
  const port = await freePort()
  const secret = randomBytes(32).toString('hex')
  const server = new ServerUnderFire({
    command: [CLI, 'node'],
    env: {
      SKEIN_PORT: String(port),
      SKEIN_JWT_SECRET: secret,
      DATABASE_URL: postgres.url,
      SKEIN_AUTO_MIGRATE: 'true',
      SKEIN_LOG_LEVEL: 'error',
    },
    readyUrl: `http://127.0.0.1:${port}/readyz`,
  })
  undo.push(() => server.stop())
  await server.start()
  const killDatabase = async (): Promise<void> => {
    process.kill(postgres.pid, 'SIGKILL')
    await postgres.exited
    postgres = await startPostgres({ dataDir, port: databasePort })
  }
  return { url: postgres.url, port, secret, server, killDatabase }
}

describe('a server that is killed again and again under load', () => {
  it('loses, doubles and reorders nothing in 24 kills, the database among the killed', async () => {
    const { url, port, secret, server, killDatabase } = await setUp()
    const store = await openPostgresStore({
      url,
      region: 'local',
      runtime: systemRuntime(),
      logger: silentLogger,
    })
    undo.push(() => store.close())
    let databaseKills = 0
    const report = await killRun({
      connectUrl: `ws://127.0.0.1:${port}/v1/connect`,
      secret,
      app: 'kill',
      users: 12,
      kills: 24,
      seed: 1,
      store,
      async disaster(round) {
        if (round % 8 === 7) {
          databaseKills++
          await killDatabase()
        }
        await server.kill()
        await server.start()
      },
    })
    expect(report.violations).toEqual([])
    expect(server.kills).toBe(24)
    expect(databaseKills).toBe(3)
    expect(report.unsettled).toBe(0)
    expect(report.acked).toBe(report.sends)
    expect(report.sends).toBeGreaterThan(1_000)
  })
})
