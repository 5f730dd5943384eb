import type { Runtime } from '@skein/core'
import { silentLogger as logger } from '../observe/logger.ts'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { Announcer } from './announcer.ts'
import type { ClusterError } from './cluster-error.ts'
import { nodeVersion } from './identity.ts'
import { ClusterView } from './membership.ts'
import type { LoadReport } from './node-record.ts'
import { MemoryRegistry, MemoryRegistryState } from './registry/memory.ts'

export const LOAD: LoadReport = {
  sessions: 0,
  maxSessions: 100,
  acceptedPerSecond: 0,
  acceptLimitPerSecond: 1_000,
  messagesPerSecond: 0,
  loopLagP99Ms: 0,
  cpu: 0,
  rssBytes: 0,
  rssLimitBytes: 0,
  queueWaitMs: 0,
  busLagMs: 2,
  path: 'working',
  probeOkAgeMs: null,
  headroom: 100,
  scarcest: null,
}

export interface NodeOptions {
  readonly incarnation?: string
  readonly secret?: string
  readonly cluster?: number
}

/** Nodes of one cluster on one clock, for tests. */
export class World {
  readonly time = new ManualRuntime()
  readonly registry = new MemoryRegistryState(this.time.clock.now)
  readonly nodes: Node[] = []

  node(name: string, options: NodeOptions = {}): Node {
    const node = new Node(this, name, options)
    this.nodes.push(node)
    return node
  }

  async running(...names: readonly string[]): Promise<Node[]> {
    const nodes = names.map((name) => this.node(name))
    for (const node of nodes) node.start()
    await this.time.advance(1_000)
    return nodes
  }

  set fault(fault: MemoryRegistry['fault']) {
    for (const node of this.nodes) node.link.fault = fault
  }
}

/** A process: what it has waiting is held back while it is stopped, and lost when it is killed. */
export class Node {
  readonly id: string
  readonly link: MemoryRegistry
  readonly announcer: Announcer
  readonly view: ClusterView
  readonly seen: string[] = []
  skewMs = 0
  load: LoadReport = LOAD
  refused: ClusterError | undefined
  started: 'waiting' | 'joined' | ClusterError = 'waiting'
  #held: (() => void)[] | undefined
  #dead = false

  constructor(
    world: World,
    name: string,
    { incarnation = '1', secret = 'secret', cluster = 1 }: NodeOptions,
  ) {
    const { time } = world
    const runtime: Runtime = {
      random: time.random,
      clock: { now: () => time.clock.now() + this.skewMs, monotonicMs: time.clock.monotonicMs },
      timers: {
        after: (delayMs, run) => time.timers.after(delayMs, () => this.#run(run)),
        afterTurn: (run) => time.timers.afterTurn(() => this.#run(run)),
      },
    }
    this.id = `${name}.${incarnation}`
    const version = { ...nodeVersion('0.1.0'), cluster }
    const where = { zone: 'z', region: 'eu', address: `ws://${name}`, internalAddress: `http://${name}` }
    const identity = { id: this.id, name, version, ...where }
    this.link = new MemoryRegistry({ state: world.registry, runtime, latencyMs: 5 })
    const common = { registry: this.link, runtime, logger, secret }
    this.announcer = new Announcer({
      ...common,
      identity,
      load: () => this.load,
      onRefused: (error) => (this.refused = error),
    })
    const reach = async ({ id }: { readonly id: string }): Promise<boolean> =>
      world.nodes.some((node) => node.id === id && node.answers)
    this.view = new ClusterView({ ...common, selfId: this.id, reach })
    this.view.onChange((changes) => {
      for (const { kind, member } of changes) this.seen.push(`${kind} ${member.record.id}`)
    })
  }

  get answers(): boolean {
    return !this.#dead && this.#held === undefined
  }

  get members(): string[] {
    return [...this.view.view.members.keys()].sort()
  }

  get peers(): string[] {
    return this.view.peers.map(({ record }) => record.id).sort()
  }

  start(): void {
    this.announcer.start().then(
      () => (this.started = 'joined'),
      (error: ClusterError) => (this.started = error),
    )
    void this.view.start()
  }

  kill(): void {
    this.#dead = true
  }

  pause(): void {
    this.#held = []
  }

  resume(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const run of held) run()
  }

  #run(run: () => void): void {
    if (this.#dead) return
    if (this.#held === undefined) run()
    else this.#held.push(run)
  }
}
