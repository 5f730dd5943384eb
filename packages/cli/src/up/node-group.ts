import type { ChildProcess } from 'node:child_process'
import type { Edge } from '@skein/edge'
import { anyFreePort } from './free-port.ts'
import { keepAlive } from './keep-alive.ts'
import { LOOPBACK } from './node-env.ts'
import { startNodeProcess, type NodeProcess } from './node-process.ts'
import { isKillRequest } from './supervision.ts'

export interface NodeGroupOptions {
  readonly count: number
  readonly env: (name: string, port: number) => NodeJS.ProcessEnv
  readonly logFile: number
  /** Told which nodes are there. */
  readonly edge: Pick<Edge, 'add' | 'remove'>
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** How long a node finishes its work when all of it stops. */
const STOP_DEADLINE_MS = 2_000

const nodeNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `node-${index + 1}`)

/** The nodes of one `skein up`: started, started again when they die, stopped together. */
export class NodeGroup {
  readonly #options: NodeGroupOptions
  readonly #children = new Map<string, ChildProcess>()
  readonly #running = new Map<string, NodeProcess>()
  readonly #tasks: Promise<void>[] = []

  constructor(options: NodeGroupOptions) {
    this.#options = options
  }

  /**
   * Resolves when the first node serves; rejects when it cannot, and then no other is tried: it makes the
   * schema, and what is wrong with it would be wrong with all. `others` resolves when each of the others
   * has been started once, well or not.
   */
  async start(): Promise<{ readonly others: Promise<void> }> {
    const [first, ...rest] = nodeNames(this.#options.count)
    if (first === undefined) return { others: Promise.resolve() }
    this.#keep(first, await this.#spawn(first))
    return { others: Promise.all(rest.map((name) => this.#startedOnce(name))).then(() => undefined) }
  }

  /** How many serve now. */
  get serving(): number {
    return this.#running.size
  }

  /** Where those are. */
  get urls(): readonly string[] {
    return [...this.#running.values()].map(({ url }) => url)
  }

  /** All at once: there is nobody left to move clients to. */
  async stop(): Promise<void> {
    for (const [name, child] of this.#children) if (!this.#running.has(name)) child.kill('SIGKILL')
    await Promise.all([...this.#running.values()].map((node) => node.stop(STOP_DEADLINE_MS)))
    await Promise.all(this.#tasks)
    this.kill()
  }

  kill(): void {
    for (const child of this.#children.values()) child.kill('SIGKILL')
  }

  #startedOnce(name: string): Promise<void> {
    return new Promise((resolve) => {
      this.#keep(name, undefined, resolve)
    })
  }

  #keep(name: string, living: NodeProcess | undefined, tried: () => void = () => undefined): void {
    const { signal, say } = this.#options
    const start = (): Promise<NodeProcess> => this.#spawn(name).finally(tried)
    this.#tasks.push(keepAlive(living, { name, signal, start, say }))
  }

  async #spawn(name: string): Promise<NodeProcess> {
    const { env, logFile, edge, signal } = this.#options
    // Another one each time: nobody but the edge knows it, and the one before may be taken by now.
    const port = await anyFreePort(LOOPBACK)
    signal.throwIfAborted()
    const node = await startNodeProcess(env(name, port), logFile, (child) => this.#watch(name, child))
    this.#running.set(name, node)
    edge.add({ name, host: LOOPBACK, port: Number(new URL(node.url).port) })
    return node
  }

  #watch(name: string, child: ChildProcess): void {
    this.#children.set(name, child)
    child.on('message', (message) => {
      if (isKillRequest(message)) this.#children.get(message.node)?.kill('SIGKILL')
    })
    child.once('exit', () => {
      if (this.#children.get(name) !== child) return
      this.#children.delete(name)
      this.#running.delete(name)
      this.#options.edge.remove(name)
    })
  }
}
