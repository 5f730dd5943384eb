import { createServer } from 'node:net'
import { realpath, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { accountFor } from './account.ts'
import { prepareBinaries, reachableTemporary, type Binaries } from './binaries.ts'
import { SUPERUSER, ensureCluster, type DataDirectory } from './data-directory.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { clearLeftover, giveUpOwnership, takeOwnership } from './leftover.ts'
import { spawnServer, type Exit, type ServerProcess } from './server-process.ts'

export interface StartOptions {
  /** Made if missing. */
  readonly dataDir: string
  /** 0 (the default): any free one. Always on 127.0.0.1. */
  readonly port?: number
  /** Where a copy of the binaries may be kept; the default is the folder for temporary files. */
  readonly runtimeDir?: string
  /** More settings, or others than ours. */
  readonly settings?: Readonly<Record<string, string>>
  readonly onLog?: (line: string) => void
}

export interface EmbeddedPostgres {
  /** With the superuser's name and password. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Of the binaries' package. */
  readonly version: string
  /** Resolves however the server ended, also when nobody asked for it. */
  readonly exited: Promise<Exit>
  /** `fast`: roll back, write everything, end. `immediate`: as after a crash; the next start recovers. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
}

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  wal_level: 'replica',
  shared_buffers: '128MB',
  max_connections: '120',
}

/** Children of a server that was killed hold its shared memory for a moment. */
const ATTEMPTS = 50
const ATTEMPT_EVERY_MS = 100

/** Starts PostgreSQL on `dataDir`, whatever was left there by a kill. Rejects with EmbeddedPostgresError. */
export async function startPostgres(options: StartOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  const root = await realpath(options.dataDir)
  const cluster = join(root, 'cluster')
  const account = await accountFor(cluster)
  const dir: DataDirectory = { root, cluster, account }
  const places = options.runtimeDir === undefined ? [tmpdir(), '/var/tmp', '/tmp'] : [options.runtimeDir]
  const temporary = account.other ? await reachableTemporary(places) : (places[0] ?? tmpdir())
  const binaries = await prepareBinaries(account.uid, account.other, temporary)
  await clearLeftover(dir)
  await takeOwnership(dir)
  try {
    const settings = { ...SETTINGS, ...options.settings }
    const password = await ensureCluster(dir, binaries, temporary, settings['fsync'] !== 'off')
    const port = await choosePort(options.port ?? 0)
    const server = await startPatiently(
      dir,
      binaries,
      { ...settings, port: String(port) },
      options.onLog ?? (() => undefined),
    )
    void server.exited.then(() => giveUpOwnership(dir).catch(() => undefined))
    return handle(
      server,
      `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`,
      port,
      binaries.version,
    )
  } catch (error) {
    await giveUpOwnership(dir)
    throw error
  }
}

function handle(server: ServerProcess, url: string, port: number, version: string): EmbeddedPostgres {
  return {
    url,
    port,
    pid: server.pid,
    version,
    exited: server.exited,
    async stop(mode = 'fast') {
      server.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
      await server.exited
    },
  }
}

async function startPatiently(
  dir: DataDirectory,
  binaries: Binaries,
  settings: Readonly<Record<string, string>>,
  onLog: (line: string) => void,
): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await spawnServer(dir, binaries, settings, onLog)
    } catch (error) {
      const held = error instanceof Error && /shared memory block|lock file/.test(error.message)
      if (!held || attempt === ATTEMPTS) throw error
      await sleep(ATTEMPT_EVERY_MS)
    }
  }
}

/** Tries to listen there itself first: the answer is clearer than what a failed start says. */
function choosePort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', () =>
      reject(
        new EmbeddedPostgresError(
          'portBusy',
          `Port ${port} on 127.0.0.1 is taken. Choose another for the database, or 0 for any.`,
        ),
      ),
    )
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address()
      const chosen = address !== null && typeof address === 'object' ? address.port : port
      probe.close(() => resolve(chosen))
    })
  })
}
