import {
  ChatNode,
  type ClusterMember,
  DEFAULT_LIMITS,
  type GuardStatus,
  Guards,
  nodeId,
  silentLogger,
  type Connection,
  type ConnectionHandler,
  type Health,
  type NodeLimits,
  type Store,
} from '@skein/server'
import type { SimCluster } from './cluster/sim-cluster.ts'
import { beginDrain, drainMember, joinCluster } from './cluster/sim-member.ts'
import { simAuthenticator } from './sim-auth.ts'
import type { Sabotage } from './sabotage.ts'
import type { Actor } from './virtual-time.ts'

/** Small enough that bursts and slow consumers reach them. */
export const SIM_LIMITS: NodeLimits = {
  ...DEFAULT_LIMITS,
  slowConsumerBytes: 6_000,
  stuckConsumerBytes: 60_000,
  tailEvents: 16,
  tailBytes: 8_192,
}

export interface SimProcessOptions {
  readonly name: string
  readonly address: string
  readonly actor: Actor
  readonly store: Store
  readonly cluster: SimCluster
  readonly sabotage: Sabotage
  /** An acknowledgement was written. */
  readonly acknowledged: () => void
}

/** One life of a node: the real `ChatNode` and `ClusterMember`, wired as a server process wires them. */
export class SimProcess {
  readonly actor: Actor
  readonly #options: SimProcessOptions
  readonly id: string
  readonly #node: ChatNode
  readonly #member: ClusterMember
  readonly #guards = new Guards()

  constructor(options: SimProcessOptions) {
    const { name, actor, store, cluster } = options
    this.actor = actor
    this.#options = options
    const id = nodeId(name, actor.random)
    this.id = id
    const bus = cluster.bus.busFor(name, id, actor)
    const rateLimits = cluster.limits.limiterFor(actor, () => this.#member.peers.length + 1)
    if (rateLimits !== undefined) this.#guards.add(() => rateLimits.guards())
    const limits = cluster.nodeLimits
    this.#node = new ChatNode({
      name,
      store,
      runtime: actor,
      authenticator: simAuthenticator(actor.clock),
      limits,
      guards: this.#guards,
      ...(rateLimits !== undefined && { rateLimits }),
      logger: silentLogger,
      bus,
      hasPeers: () => this.#member.hasPeers(),
      onMessage: (message) => this.#member.receive(message),
      loopLagMs: () => actor.lagMs,
    })
    this.#member = joinCluster({ ...options, id, node: this.#node, bus, maxSessions: limits.maxConnections })
    cluster.dispatch?.serve(options.address, actor, this.#member)
  }

  get health(): Health {
    return this.#member.health()
  }

  /** Resolves when it should end though nobody asked it to. */
  get ended(): Promise<unknown> {
    return this.#member.ended
  }

  get guards(): readonly GuardStatus[] {
    return this.#guards.list()
  }

  get sessions(): number {
    return this.#node.sessionCount
  }

  get leaving(): number {
    return this.#node.leavingCount
  }

  get migrations(): number {
    return this.#node.stats().counters.migrations
  }

  get welcomed(): number {
    return this.#node.stats().counters.accepted
  }

  /** Rejects when the database is away, or the cluster refuses it. */
  async start(): Promise<void> {
    await this.#node.start()
    await this.#member.start()
  }

  /** Resolves when its clients are elsewhere, or must not be. */
  drain(windowMs: number): Promise<void> {
    return drainMember(this.#member, windowMs)
  }

  /** As an operator orders it, who waits for nothing. False: it may not begin. */
  orderDrain(windowMs: number): boolean {
    return beginDrain(this.#member, windowMs)
  }

  /** In order; a dead one never ends. */
  async stop(deadlineMs: number): Promise<void> {
    await this.#node.stop(deadlineMs)
    await this.#member.stop()
  }

  die(): void {
    this.actor.end()
    this.#options.cluster.bus.processGone(this.id)
  }

  accept(connection: Connection): ConnectionHandler {
    const { actor } = this
    const { answers } = this.#options.cluster
    const { losesRefused = false } = this.#options.sabotage
    const watch = answers?.watch()
    const handler = this.#node.accept({
      remote: connection.remote,
      get bufferedBytes() {
        return connection.bufferedBytes
      },
      write: (written) => {
        if (actor.ended) return
        const messages = losesRefused ? written.filter(({ text }) => !isRefusal(text)) : written
        if (watch !== undefined) for (const { text } of messages) watch.told(text)
        connection.write(messages)
        if (messages.some(({ text }) => text.includes('"t":"ack"'))) this.#options.acknowledged()
      },
      close: (code, reason) => {
        watch?.closed()
        if (!actor.ended) connection.close(code, reason)
      },
    })
    if (watch === undefined) return handler
    return {
      message: (text) => {
        watch.heard(text)
        handler.message(text)
      },
      unreadable: (reason) => handler.unreadable(reason),
      drained: () => handler.drained(),
      closed: () => {
        watch.closed()
        handler.closed()
      },
    }
  }
}

const isRefusal = (text: string): boolean => text.includes('"t":"refused"') && text.includes('"overloaded"')
