import {
  ChatNode,
  DEFAULT_LIMITS,
  memoryBus,
  MemoryBusHub,
  silentLogger,
  type Connection,
  type ConnectionHandler,
  type Store,
} from '@skein/server'
import type { Random } from '@skein/core'
import type { FaultCount } from './fault-kinds.ts'
import { NodeStore, type StoreConditions } from './node-store.ts'
import { simAuthenticator } from './sim-auth.ts'
import type { SimNetwork } from './network/sim-network.ts'
import type { Actor, VirtualTime } from './virtual-time.ts'

const STOP_DEADLINE_MS = 2_000
const START_RETRY_MS = 200
/** Small enough that bursts and slow consumers reach them. */
const LIMITS = {
  ...DEFAULT_LIMITS,
  slowConsumerBytes: 6_000,
  stuckConsumerBytes: 60_000,
  tailEvents: 16,
  tailBytes: 8_192,
}

export interface SimNodeOptions {
  readonly name: string
  readonly time: VirtualTime
  readonly network: SimNetwork
  readonly random: Random
  readonly faults: FaultCount
  readonly conditions: StoreConditions
  readonly openStore: () => Store
}

/** Where a node is told to die. */
type Trap = 'none' | 'afterCommit' | 'afterAck'

/** One server process: the real `ChatNode`, which can die at any moment and be started again. */
export class SimNode {
  readonly address: string
  readonly #options: SimNodeOptions
  #actor: Actor | undefined
  #node: ChatNode | undefined
  #trap: Trap = 'none'
  #starts = 0
  #skewMs = 0

  constructor(options: SimNodeOptions) {
    this.#options = options
    this.address = `sim://${options.name}`
  }

  get up(): boolean {
    return this.#actor !== undefined
  }

  /** Starts until it succeeds; only then it listens. */
  start(): void {
    if (this.#actor !== undefined) return
    const { time, random, name, network } = this.#options
    if (this.#starts++ > 0) this.#options.faults.add('restart')
    const actor = time.actor(Math.floor(random.next() * 2 ** 32))
    actor.skew(this.#skewMs)
    this.#actor = actor
    this.#trap = 'none'
    const nodeName = `${name}#${this.#starts}`
    const node = new ChatNode({
      name: nodeName,
      store: this.#storeFor(actor),
      runtime: actor,
      authenticator: simAuthenticator(actor.clock),
      limits: LIMITS,
      logger: silentLogger,
      bus: memoryBus(new MemoryBusHub({ runtime: actor }), { node: nodeName, runtime: actor }),
    })
    const attempt = (): void =>
      void node.start().then(
        () => {
          if (actor.ended) return
          this.#node = node
          network.listen(this.address, (connection) => this.#accept(node, actor, connection))
        },
        () => void actor.timers.after(START_RETRY_MS, attempt),
      )
    attempt()
  }

  /** Dies as it stands. `told`: its machine lives on and closes its sockets. */
  crash(told: boolean): void {
    const actor = this.#actor
    if (actor === undefined) return
    actor.end()
    this.#actor = undefined
    this.#node = undefined
    this.#options.network.nodeGone(this.address, told)
  }

  /** Dies at its next commit, with the answer on its way or with the first acknowledgement written. */
  setTrap(trap: Trap): void {
    this.#trap = trap
  }

  stopGracefully(): void {
    const node = this.#node
    const actor = this.#actor
    if (node === undefined || actor === undefined) return
    this.#options.faults.add('gracefulStop')
    void node.stop(STOP_DEADLINE_MS).then(() => {
      if (!actor.ended) this.#options.time.after(STOP_DEADLINE_MS / 4, () => this.#endGracefully(actor))
    })
  }

  #endGracefully(actor: Actor): void {
    if (this.#actor === actor) this.crash(true)
  }

  skew(ms: number): void {
    this.#skewMs = ms
    this.#actor?.skew(ms)
  }

  #storeFor(actor: Actor): Store {
    const { time, random, faults, conditions, openStore } = this.#options
    const committed = (): boolean => {
      if (actor.ended || this.#trap !== 'afterCommit') return actor.ended
      faults.add('crashBetweenCommitAndAck')
      this.crash(true)
      return true
    }
    return new NodeStore({ inner: openStore(), time, runtime: actor, random, faults, conditions, committed })
  }

  #accept(node: ChatNode, actor: Actor, connection: Connection): ConnectionHandler {
    const trapped: Connection = {
      remote: connection.remote,
      get bufferedBytes() {
        return connection.bufferedBytes
      },
      write: (messages) => {
        if (actor.ended) return
        connection.write(messages)
        if (this.#trap !== 'afterAck' || !messages.some(({ text }) => text.includes('"t":"ack"'))) return
        this.#options.faults.add('crashBetweenAckAndHint')
        this.crash(true)
      },
      close: (code, reason) => {
        if (!actor.ended) connection.close(code, reason)
      },
    }
    return node.accept(trapped)
  }
}
