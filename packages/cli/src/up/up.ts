import { openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { startEdge, type Edge, type StrategyName } from '@skein/edge'
import { DispatchSigner, readNodeConfig, systemRuntime, type NodeConfig } from '@skein/server'
import { CliError } from '../cli-error.ts'
import { eventLine, isWorthALine } from '../edge/event-line.ts'
import { EXIT } from '../exit-codes.ts'
import { busyPort } from '../explain.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { makeDataDirectory, type DataDirectory } from './data-directory.ts'
import { startDatabase, type EmbeddedDatabase } from './database.ts'
import { checkPortFree } from './free-port.ts'
import { keepAlive } from './keep-alive.ts'
import { takeLock } from './lock.ts'
import { untilAllSeeAll } from './mutual-sight.ts'
import { LOOPBACK, nodeEnv } from './node-env.ts'
import { NodeGroup } from './node-group.ts'
import { removeRunFile, writeRunFile } from './run-file.ts'
import { ensureSecrets } from './secrets.ts'

/** A node that takes longer than this to start is reported as missing; it may still come. */
const OTHERS_WAIT_MS = 10_000

export interface UpOptions {
  readonly data: string
  readonly port: number
  readonly nodes: number
  readonly databaseUrl?: string
  readonly redisUrl?: string
  readonly logLevel: string
  /** Which node takes a new client. */
  readonly strategy: StrategyName
  /** Where the balancer's metrics are; nowhere unless told. */
  readonly admin?: { readonly host: string; readonly port: number }
}

export interface Running {
  readonly url: string
  readonly adminPort: number | undefined
  readonly embedded: boolean
  readonly directory: DataDirectory
  /** How many nodes serve now. */
  readonly serving: number
  /** Nodes first, so that everything under way is committed, then the database. */
  stop(): Promise<void>
  /** Without waiting for anything; the database recovers at its next start. */
  kill(): void
}

/** Starts all of Skein on this machine. Rejects with what explains itself; nothing is left running then. */
export async function startUp(options: UpOptions, terminal: Terminal): Promise<Running> {
  const directory = await makeDataDirectory(options.data)
  const unlock = await takeLock(directory)
  const undo: (() => Promise<void>)[] = [unlock]
  const stopping = new AbortController()
  undo.unshift(async () => stopping.abort())
  try {
    if (options.port !== 0) await freePort(options.port)
    const secrets = await ensureSecrets(directory)
    const { logLevel, redisUrl } = options
    const env = (databaseUrl: string, name: string, port: number, edgePort: number): NodeJS.ProcessEnv =>
      nodeEnv(process.env, { name, port, edgePort, databaseUrl, redisUrl, logLevel, secrets })
    // What is wrong in the environment is told before anything starts.
    const first = env(options.databaseUrl ?? 'postgres://embedded/', 'node-1', 0, options.port)
    const dispatchKey = dispatchKeyOf(readNodeConfig({ flags: {}, env: first }))
    if (options.databaseUrl === undefined) terminal.progress('Starting PostgreSQL …')
    const database = options.databaseUrl === undefined ? await startDatabase(directory) : undefined
    if (database !== undefined) undo.unshift(() => database.stop('fast'))
    const databaseUrl = options.databaseUrl ?? database?.url ?? ''
    terminal.progress('Starting the first node …')
    const edge = await edgeOf(options, secrets.operatorKey, terminal)
    undo.unshift(() => edge.close())
    const nodes = new NodeGroup({
      count: options.nodes,
      env: (name, port) => env(databaseUrl, name, port, edge.port),
      logFile: openSync(directory.log, 'w', 0o600),
      edge,
      signal: stopping.signal,
      say: (line) => terminal.err(line),
    })
    undo.unshift(async () => nodes.kill())
    const { others } = await nodes.start()
    const url = `http://${LOOPBACK}:${edge.port}`
    await writeRunFile(directory, { pid: process.pid, url, databaseUrl, dispatchKey })
    // The page is there already; the words wait for all, so that they are true.
    terminal.progress(`Starting ${options.nodes} nodes …`)
    const all = others.then(() => untilAllSeeAll(nodes.urls, secrets.operatorKey))
    await Promise.race([all, delay(OTHERS_WAIT_MS, undefined, { ref: false })])
    return supervise({ directory, database, nodes, edge, url, terminal, stopping, unlock })
  } catch (error) {
    for (const step of undo) await step().catch(() => undefined)
    throw error
  }
}

/** By which clients know that a list of endpoints is of these nodes. */
const dispatchKeyOf = ({ cluster, dispatch: { key } }: NodeConfig): string =>
  DispatchSigner.of({ clusterSecret: cluster.secret, ...(key !== undefined && { key }) }).publicKey

/** Told before anything starts. */
async function freePort(port: number): Promise<void> {
  await checkPortFree(LOOPBACK, port).catch((error: unknown) => {
    throw new CliError(EXIT.unavailable, busyPort(port), error)
  })
}

/** One port for all nodes. The supervisor knows first who lives; the nodes tell how loaded they are. */
function edgeOf(
  { port, strategy, admin }: UpOptions,
  operatorKey: string,
  terminal: Terminal,
): Promise<Edge> {
  return startEdge({
    host: LOOPBACK,
    port,
    runtime: systemRuntime(),
    strategy,
    proxyProtocol: true,
    cluster: { operatorKey, urls: [], membership: false },
    ...(admin !== undefined && { admin }),
    onEvent: (event) => {
      if (isWorthALine(event)) terminal.err(eventLine(event))
    },
  })
}

interface Parts {
  readonly directory: DataDirectory
  readonly database: EmbeddedDatabase | undefined
  readonly nodes: NodeGroup
  readonly edge: Edge
  readonly url: string
  readonly terminal: Terminal
  readonly stopping: AbortController
  readonly unlock: () => Promise<void>
}

function supervise(parts: Parts): Running {
  const { directory, terminal, nodes, edge, stopping, url } = parts
  let { database } = parts
  let keeping: Promise<void> = Promise.resolve()
  if (database !== undefined) {
    const { port } = database
    keeping = keepAlive(database, {
      name: 'The database',
      signal: stopping.signal,
      start: async () => (database = await startDatabase(directory, port)),
      say: (line) => terminal.err(line),
    })
  }
  return {
    url,
    adminPort: edge.adminPort,
    embedded: database !== undefined,
    directory,
    get serving() {
      return nodes.serving
    },
    async stop() {
      stopping.abort()
      await nodes.stop()
      await edge.close()
      await database?.stop('fast')
      await keeping
      await removeRunFile(directory)
      await parts.unlock()
    },
    kill() {
      stopping.abort()
      nodes.kill()
      void database?.stop('immediate')
    },
  }
}
