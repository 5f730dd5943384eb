import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { NODE_FLAGS } from '@skein/server'
import type { FaultProxy } from './fault-proxy.ts'

/** How a node is run: a built module, and its arguments. */
export interface NodeProgram {
  readonly module: string
  readonly args: readonly string[]
}

/** What stands between a node and everybody else; each can be broken. */
export interface NodeLinks {
  readonly clients: FaultProxy
  readonly database: FaultProxy
  /** Absent without Redis, and with Sentinels, which tell the nodes where to go. */
  readonly redis?: FaultProxy
  /** Another way for clients, which a scenario may make narrow. */
  readonly narrow: FaultProxy
}

export interface BedNodeOptions {
  readonly name: string
  readonly port: number
  readonly program: NodeProgram
  readonly env: NodeJS.ProcessEnv
  readonly links: NodeLinks
  readonly operatorKey: string
  readonly apiKey: string
}

export interface Readiness {
  readonly ready: boolean
  readonly degraded?: boolean
  readonly reasons?: readonly string[]
}

/** A node as `GET /v1/cluster` of a node shows it; what harness and scenarios look at. */
export interface ClusterAnswer {
  readonly self: string
  readonly bus: { readonly kind: string; readonly state: string }
  /** Of the node that answers. */
  readonly guards: readonly { readonly name: string; readonly refused: number }[]
  readonly nodes: readonly {
    readonly name: string
    readonly state: string
    readonly reason: string
    readonly load: {
      readonly sessions: number
      readonly queueWaitMs: number
      readonly rssBytes: number
    }
  }[]
}

/** A node that takes longer than this to start is broken. */
const START_MS = 30_000
/** A node that takes longer than this to end is killed. */
const END_MS = 30_000
const POLL_MS = 25
const ANSWER_MS = 1_000
const DRAIN_ANSWER_MS = 5_000
const OUTPUT_KEPT_CHARACTERS = 8_000

/** A real node process on a port of its own, which is killed, paused, cut off and started again. */
export class BedNode {
  readonly name: string
  readonly port: number
  readonly links: NodeLinks
  readonly #options: BedNodeOptions
  #child: ChildProcess | undefined
  #output = ''

  constructor(options: BedNodeOptions) {
    this.#options = options
    this.name = options.name
    this.port = options.port
    this.links = options.links
  }

  /** What clients connect to. */
  get url(): string {
    return `ws://127.0.0.1:${this.links.clients.port}/v1/connect`
  }

  get narrowUrl(): string {
    return `ws://127.0.0.1:${this.links.narrow.port}/v1/connect`
  }

  /** Its newest words. */
  get output(): string {
    return this.#output
  }

  /** Resolves when it is ready to serve. */
  async start(): Promise<void> {
    const child = this.#spawn()
    const deadlineMs = performance.now() + START_MS
    while ((await this.readiness())?.ready !== true) {
      if (this.#child !== child) throw new Error(`${this.name} ended before it was ready:\n${this.#output}`)
      if (performance.now() > deadlineMs)
        throw new Error(`${this.name} was not ready within ${START_MS} ms:\n${this.#output}`)
      await sleep(POLL_MS)
    }
  }

  #spawn(): ChildProcess {
    const { program, env } = this.#options
    // The channel ends the node when we are gone, however that came.
    const child = fork(program.module, program.args, {
      env,
      execArgv: [...NODE_FLAGS],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_KEPT_CHARACTERS)
      })
    }
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined
    })
    return child
  }

  /** SIGKILL: nothing in the process gets to run any more. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM: it drains and ends. Resolves when it is gone. */
  async terminate(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** SIGSTOP: its sockets stand, nothing answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Its network swallows everything. */
  blackHole(): void {
    for (const link of this.#links()) link.hang()
  }

  heal(): void {
    for (const link of this.#links()) link.release()
  }

  /** To a program that understands it. */
  tell(message: object): void {
    this.#child?.send(message)
  }

  async readiness(): Promise<Readiness | undefined> {
    return this.#get<Readiness>('/readyz')
  }

  async cluster(): Promise<ClusterAnswer | undefined> {
    const authorization = `Bearer ${this.#options.operatorKey}`
    return this.#get<ClusterAnswer>('/v1/cluster', { authorization })
  }

  /** Asks it to have a node drained; answers the HTTP status. */
  async drain(name: string, windowMs: number): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.port}/v1/cluster/nodes/${name}/drain`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#options.operatorKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ windowMs }),
      signal: AbortSignal.timeout(DRAIN_ANSWER_MS),
    })
    return response.status
  }

  /** What it has counted since it started. */
  async counters(): Promise<Readonly<Record<string, number>> | undefined> {
    const authorization = `Bearer ${this.#options.apiKey}`
    const answer = await this.#get<{ readonly counters: Record<string, number> }>('/v1/status', {
      authorization,
    })
    return answer?.counters
  }

  async dispose(): Promise<void> {
    this.resume()
    await this.kill()
    await Promise.all(this.#links().map((link) => link.close()))
  }

  #links(): FaultProxy[] {
    const { clients, narrow, database, redis } = this.links
    return [clients, narrow, database, ...(redis === undefined ? [] : [redis])]
  }

  async #get<T>(path: string, headers: Readonly<Record<string, string>> = {}): Promise<T | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
        headers,
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      return (await response.json()) as T
    } catch {
      return undefined
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    const gone = once(child, 'exit')
    child.kill(signal)
    const hard = setTimeout(() => child.kill('SIGKILL'), END_MS)
    await gone
    clearTimeout(hard)
  }
}
