import type { Runtime } from '@skein/core'
import type { Bus } from '../bus/bus.ts'
import { memoryBus } from '../bus/memory/memory-bus.ts'
import { MemoryBusHub } from '../bus/memory/memory-bus-hub.ts'
import { nodeVersion } from '../cluster/identity.ts'
import { MemoryRegistry, MemoryRegistryState } from '../cluster/registry/memory.ts'
import type { MigrateRequest } from '../node/chat-node.ts'
import { silentLogger as logger } from '../observe/logger.ts'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { ClusterMember } from './cluster-member.ts'
import type { MemberEnd } from './member-options.ts'
import type { DrainEnd } from './drainer.ts'
import type { MemberNode } from './member-node.ts'

/** A client takes this long to be on the other node. */
const MOVE_MS = 300

export interface HostOptions {
  readonly incarnation?: string
  readonly secret?: string
  readonly skewMs?: number
  readonly registryFault?: MemoryRegistry['fault']
}

/** Members of one cluster on one clock, with clients that are only counted. For tests. */
export class Members {
  readonly time = new ManualRuntime()
  readonly registry = new MemoryRegistryState(this.time.clock.now)
  readonly hub = new MemoryBusHub({ runtime: this.time })
  readonly hosts: Host[] = []

  async start(name: string, options: HostOptions = {}): Promise<Host> {
    const host = new Host(this, name, options)
    this.hosts.push(host)
    host.start()
    await this.time.advance(1_500)
    return host
  }

  async running(...names: readonly string[]): Promise<Host[]> {
    const hosts: Host[] = []
    for (const name of names) hosts.push(await this.start(name))
    await this.time.advance(5_000)
    return hosts
  }

  named(name: string): Host | undefined {
    return this.hosts.findLast((host) => host.name === name && host.answers)
  }

  get sessions(): number[] {
    return this.hosts.map(({ node }) => node.sessionCount)
  }

  set registryFault(fault: MemoryRegistry['fault']) {
    for (const host of this.hosts) host.link.fault = fault
  }
}

/** A node whose clients follow when they are asked, unless told. */
export class CountingNode implements MemberNode {
  readonly #host: Host
  sessionCount = 0
  /** So many never follow. */
  stubborn = 0
  leavingCount = 0
  dismissed = 0
  admits = true
  suspendedBecause: string | undefined
  tail: 'starting' | 'following' | 'behind' = 'following'
  readonly asked: MigrateRequest[] = []

  constructor(host: Host) {
    this.#host = host
  }

  migrate(request: MigrateRequest): number {
    const willing = this.sessionCount - this.leavingCount - this.stubborn
    const count = Math.max(0, Math.min(request.count, willing))
    if (count === 0) return 0
    this.asked.push({ ...request, count })
    this.leavingCount += count
    this.#host.world.time.timers.after(MOVE_MS, () => {
      this.leavingCount -= count
      const target = this.#host.world.named(request.node ?? '')?.node
      if (target?.admits !== true || !this.#host.answers) return
      this.sessionCount -= count
      target.sessionCount += count
    })
    return count
  }

  closeAdmission(): void {
    this.admits = false
  }

  openAdmission(): void {
    this.admits = true
  }

  suspendWrites(reason: string | undefined): void {
    this.suspendedBecause = reason
  }

  dismissRest(): void {
    this.dismissed += this.sessionCount
    this.sessionCount = 0
  }

  stats(): ReturnType<MemberNode['stats']> {
    return { state: 'running', tail: this.tail, queueWaitMs: 0, counters: { accepted: 0, sends: 0 } }
  }
}

const IDLE = { loopLagP99Ms: () => 0, cpuMs: () => 0, rssBytes: () => 0, rssLimitBytes: 0 }

/** A process: what it has waiting is held back while it is stopped, and lost when it is killed. */
export class Host {
  readonly world: Members
  readonly name: string
  readonly link: MemoryRegistry
  readonly bus: Bus
  readonly node: CountingNode
  readonly member: ClusterMember
  skewMs: number
  started: unknown = 'waiting'
  ended: MemberEnd | undefined
  drained: DrainEnd | undefined
  #held: (() => void)[] | undefined
  #dead = false

  constructor(world: Members, name: string, options: HostOptions) {
    const { time } = world
    const runtime: Runtime = {
      random: time.random,
      clock: { now: () => time.clock.now() + this.skewMs, monotonicMs: time.clock.monotonicMs },
      timers: {
        after: (delayMs, run) => time.timers.after(delayMs, () => this.#run(run)),
        afterTurn: (run) => time.timers.afterTurn(() => this.#run(run)),
      },
    }
    const { incarnation = '1', secret = 'secret', skewMs = 0, registryFault = 'none' } = options
    this.skewMs = skewMs
    this.world = world
    this.name = name
    const id = `${name}.${incarnation}`
    this.link = new MemoryRegistry({ state: world.registry, runtime, latencyMs: 5 })
    this.link.fault = registryFault
    this.bus = memoryBus(world.hub, { node: id, runtime })
    this.node = new CountingNode(this)
    const where = { zone: 'z', region: 'eu', address: `http://${name}`, internalAddress: `http://${name}` }
    this.member = new ClusterMember({
      node: this.node,
      bus: this.bus,
      registry: this.link,
      runtime,
      logger,
      identity: { id, name, version: nodeVersion('0.1.0'), ...where },
      secret,
      reach: async (record) => world.hosts.some((host) => host.member.id === record.id && host.answers),
      processGauges: IDLE,
      maxSessions: 10_000,
    })
    void this.member.ended.then((end) => (this.ended = end))
  }

  get answers(): boolean {
    return !this.#dead && this.#held === undefined
  }

  get state(): string {
    return this.member.status().nodes.find(({ self }) => self)?.state ?? 'gone'
  }

  get peers(): string[] {
    return this.member.peers.map(({ record }) => `${record.name} ${record.state}`).sort()
  }

  start(): void {
    this.bus.start({ onHints() {}, onState() {}, onMessage: (message) => this.member.receive(message) })
    this.member.start().then(
      () => (this.started = 'serving'),
      (error: unknown) => (this.started = error),
    )
  }

  drain(windowMs: number, force = false, hard = false): void {
    void this.member.drain({ windowMs, force, hard }).then((end) => (this.drained = end))
  }

  kill(): void {
    this.#dead = true
    this.node.sessionCount = 0
    this.world.hub.blackHole(this.member.id, 'both')
  }

  pause(): void {
    this.#held = []
    this.world.hub.blackHole(this.member.id, 'both')
  }

  resume(): void {
    const held = this.#held ?? []
    this.#held = undefined
    this.world.hub.heal(this.member.id)
    for (const run of held) run()
  }

  #run(run: () => void): void {
    if (this.#dead) return
    if (this.#held === undefined) run()
    else this.#held.push(run)
  }
}
