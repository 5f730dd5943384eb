import type { ChildProcess } from 'node:child_process'
import { openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { readNodeConfig } from '@skein/server'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { busyPort } from '../explain.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { makeDataDirectory, type DataDirectory } from './data-directory.ts'
import { startDatabase, type EmbeddedDatabase } from './database.ts'
import { checkPortFree } from './free-port.ts'
import { keepAlive } from './keep-alive.ts'
import { takeLock } from './lock.ts'
import { startNodeProcess, type NodeProcess } from './node-process.ts'
import { readRunFile, removeRunFile, writeRunFile, type RunFile } from './run-file.ts'
import { ensureSecrets, type Secrets } from './secrets.ts'

export interface UpOptions {
  readonly data: string
  readonly port: number
  readonly databaseUrl?: string
  readonly logLevel: string
}

/** The tenant of the demo page. */
export const DEMO_APP = 'demo'

const LOOPBACK = '127.0.0.1'
/** Who sits at the terminal would rather hear soon that the database does not answer. */
const DATABASE_WAIT_MS = 5_000
const ORPHAN_GONE_MS = 4_000
const ORPHAN_LOOK_MS = 50
const STOP_DEADLINE_MS = 12_000

export interface Running {
  readonly url: string
  readonly embedded: boolean
  readonly directory: DataDirectory
  /** Node first, so that everything under way is committed, then the database. */
  stop(): Promise<void>
  /** Without waiting for anything; the database recovers at its next start. */
  kill(): void
}

function nodeEnv(options: UpOptions, secrets: Secrets, databaseUrl: string, port: number): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    SKEIN_HOST: LOOPBACK,
    SKEIN_PORT: String(port),
    SKEIN_DATABASE_URL: databaseUrl,
    SKEIN_AUTO_MIGRATE: 'true',
    SKEIN_JWT_SECRET: secrets.jwtSecret,
    SKEIN_API_KEYS: `${DEMO_APP}:${secrets.apiKey}`,
    SKEIN_DEMO: 'true',
    SKEIN_LOG_LEVEL: options.logLevel,
    SKEIN_DATABASE_WAIT_MS: process.env['SKEIN_DATABASE_WAIT_MS'] ?? String(DATABASE_WAIT_MS),
  }
  // Tokens of the demo page are signed with our secret, whatever the environment says about others.
  for (const name of ['SKEIN_JWKS_URL', 'SKEIN_JWT_ISSUER', 'SKEIN_JWT_AUDIENCE']) delete env[name]
  return env
}

/** Starts all of Skein on this machine. Rejects with what explains itself; nothing is left running then. */
export async function startUp(options: UpOptions, terminal: Terminal): Promise<Running> {
  const directory = await makeDataDirectory(options.data)
  const unlock = await takeLock(directory)
  const undo: (() => Promise<void>)[] = [unlock]
  try {
    if (options.port !== 0) await freePort(options.port, await readRunFile(directory))
    const secrets = await ensureSecrets(directory)
    const env = (url: string, port: number): NodeJS.ProcessEnv => nodeEnv(options, secrets, url, port)
    // What is wrong in the environment is told before anything starts.
    readNodeConfig({ flags: {}, env: env(options.databaseUrl ?? 'postgres://embedded/', options.port) })
    terminal.progress(options.databaseUrl === undefined ? 'Starting PostgreSQL …' : 'Starting the node …')
    const database = options.databaseUrl === undefined ? await startDatabase(directory) : undefined
    if (database !== undefined) undo.unshift(() => database.stop('fast'))
    const databaseUrl = options.databaseUrl ?? database?.url ?? ''
    terminal.progress('Starting the node …')
    const log = openSync(directory.log, 'w', 0o600)
    const children = new Set<ChildProcess>()
    undo.unshift(async () => children.forEach((child) => child.kill('SIGKILL')))
    const spawn = (port: number): Promise<NodeProcess> => {
      children.clear()
      return startNodeProcess(env(databaseUrl, port), log, (child) => children.add(child))
    }
    const node = await spawn(options.port)
    const { url } = node
    await writeRunFile(directory, { pid: process.pid, url, databaseUrl })
    return supervise({
      directory,
      database,
      node,
      terminal,
      unlock,
      children,
      respawn: () => spawn(Number(new URL(url).port)),
    })
  } catch (error) {
    for (const step of undo) await step().catch(() => undefined)
    throw error
  }
}

/** Told before anything starts. The node of a killed predecessor goes by itself, but not at once. */
async function freePort(port: number, left: RunFile | undefined): Promise<void> {
  const mayBeOurs = left !== undefined && Number(new URL(left.url).port) === port
  const untilMs = performance.now() + (mayBeOurs ? ORPHAN_GONE_MS : 0)
  for (;;) {
    try {
      await checkPortFree(LOOPBACK, port)
      return
    } catch (error) {
      if (performance.now() >= untilMs) throw new CliError(EXIT.unavailable, busyPort(port), error)
    }
    await delay(ORPHAN_LOOK_MS)
  }
}

interface Parts {
  readonly directory: DataDirectory
  readonly database: EmbeddedDatabase | undefined
  readonly node: NodeProcess
  readonly terminal: Terminal
  readonly unlock: () => Promise<void>
  readonly children: ReadonlySet<ChildProcess>
  readonly respawn: () => Promise<NodeProcess>
}

function supervise(parts: Parts): Running {
  const { directory, terminal } = parts
  const stopping = new AbortController()
  const common = { signal: stopping.signal, say: (line: string) => terminal.err(line) }
  let { node, database } = parts
  const tasks = [
    keepAlive(node, { ...common, name: 'node', start: async () => (node = await parts.respawn()) }),
  ]
  if (database !== undefined) {
    const { port } = database
    const start = async (): Promise<EmbeddedDatabase> => (database = await startDatabase(directory, port))
    tasks.push(keepAlive(database, { ...common, name: 'database', start }))
  }
  return {
    url: parts.node.url,
    embedded: database !== undefined,
    directory,
    async stop() {
      stopping.abort()
      await node.stop(STOP_DEADLINE_MS)
      for (const child of parts.children) child.kill('SIGKILL')
      await database?.stop('fast')
      await Promise.all(tasks)
      await removeRunFile(directory)
      await parts.unlock()
    },
    kill() {
      stopping.abort()
      for (const child of parts.children) child.kill('SIGKILL')
      void database?.stop('immediate')
    },
  }
}
