import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uuidv7, type Runtime } from '@skein/core'
import { startPostgres } from '@skein/embedded-postgres'
import {
  mintToken,
  openPostgresStore,
  silentLogger,
  systemRuntime,
  type CommitEntry,
  type Store,
  NODE_FLAGS,
} from '@skein/server'
import { LoadProcess } from '../load/load-process.ts'
import { builtModule } from '../processes/built-module.ts'
import { Child } from '../processes/child.ts'
import type { NodeAnswer, NodeCommand, Usage } from './node-commands.ts'

export const BENCH_APP = 'bench'
const SECRET = 'a secret of the bench alone, which nobody else ever sees'
const TOKEN_TTL_SECONDS = 3_600
const COMMIT_ENTRIES = 200

/** PostgreSQL, a server process, load processes, and a store of the bench's own to prepare things with. */
export interface TestBed {
  readonly smoke: boolean
  readonly databaseUrl: string
  readonly runtime: Runtime
  readonly store: Store
  /** Starts the server process; the url is that of its WebSocket. */
  startNode(options?: StartNodeOptions): Promise<BenchNode>
  startLoad(): LoadProcess
  tokens(users: readonly string[]): Promise<string[]>
  /** Creates groups straight through the store. */
  createGroups(
    groups: readonly { readonly conversation: string; readonly members: readonly string[] }[],
  ): Promise<void>
  /** Whatever must be ended at the end. */
  onClose(close: () => Promise<void>): void
  say(line: string): void
  close(): Promise<void>
}

export interface StartNodeOptions {
  /** Connections may send as fast as they like, too: what is left is what protects the node itself. */
  readonly noLimits?: boolean
}

export interface BenchNode {
  readonly pid: number
  readonly url: string
  usage(): Promise<Usage>
  end(): Promise<void>
}

export async function openTestBed(options: {
  readonly smoke?: boolean
  onProgress?(line: string): void
}): Promise<TestBed> {
  const closers: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer()
  }
  try {
    const dataDir = await mkdtemp(join(tmpdir(), 'skein-bench-'))
    closers.push(() => rm(dataDir, { recursive: true, force: true }))
    const postgres = await startPostgres({ dataDir })
    closers.push(() => postgres.stop('immediate'))
    const runtime = systemRuntime()
    const store = await openPostgresStore({
      url: postgres.url,
      region: 'bench',
      autoMigrate: true,
      logger: silentLogger,
      runtime,
    })
    closers.push(() => store.close())
    return {
      smoke: options.smoke ?? false,
      databaseUrl: postgres.url,
      runtime,
      store,
      startNode: (nodeOptions) => startNode(postgres.url, closers, nodeOptions),
      startLoad: () => startLoad(closers),
      tokens: (users) => Promise.all(users.map((user) => tokenFor(user, runtime))),
      createGroups: (groups) => createGroups(store, runtime, groups),
      onClose: (closer) => void closers.push(closer),
      say: (line) => options.onProgress?.(line),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function startNode(
  databaseUrl: string,
  closers: (() => Promise<void>)[],
  { noLimits = false }: StartNodeOptions = {},
): Promise<BenchNode> {
  const child = new Child<NodeCommand, NodeAnswer>(builtModule('bench/node-main.js'), 'server', {
    execArgv: NODE_FLAGS,
  })
  closers.push(() => child.end())
  const start = { do: 'start', databaseUrl, secret: SECRET, noLimits } as const
  const { url, pid } = await child.request(start, 'start')
  return {
    pid,
    url,
    usage: async () => (await child.request({ do: 'usage' }, 'usage')).usage,
    end: () => child.end(),
  }
}

function startLoad(closers: (() => Promise<void>)[]): LoadProcess {
  const load = new LoadProcess()
  closers.push(() => load.end())
  return load
}

async function tokenFor(user: string, runtime: Runtime): Promise<string> {
  const request = { secret: SECRET, app: BENCH_APP, user, ttlSeconds: TOKEN_TTL_SECONDS }
  return (await mintToken(request, runtime.clock)).token
}

export async function createGroups(
  store: Store,
  runtime: Runtime,
  groups: readonly { readonly conversation: string; readonly members: readonly string[] }[],
): Promise<void> {
  const byLane = new Map<number, CommitEntry[]>()
  for (const { conversation, members } of groups) {
    const lane = store.laneOf(BENCH_APP, conversation)
    const entries = byLane.get(lane) ?? []
    byLane.set(lane, entries)
    entries.push({
      app: BENCH_APP,
      conversation,
      sender: '$system',
      authority: 'system',
      clientId: uuidv7(runtime.clock, runtime.random),
      kind: 'create',
      body: JSON.stringify({ type: 'group', members: members.map((user) => ({ user, role: 'member' })) }),
    })
  }
  for (const [lane, entries] of byLane) {
    for (let at = 0; at < entries.length; at += COMMIT_ENTRIES) {
      const outcomes = await store.commit(lane, entries.slice(at, at + COMMIT_ENTRIES))
      const refused = outcomes.find((outcome) => outcome.status === 'refused')
      if (refused !== undefined)
        throw new Error(`a group of the bench was refused: ${JSON.stringify(refused)}`)
    }
  }
}

export const userNames = (count: number): string[] => Array.from({ length: count }, (_, index) => `u${index}`)

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
