import type { Random } from '@skein/core'
import type { CommitOutcome, GuardStatus, Health, LogRecord, Store } from '@skein/server'
import type { SimCluster } from './cluster/sim-cluster.ts'
import type { FaultCount } from './faults/fault-kinds.ts'
import type { SimNetwork } from './network/sim-network.ts'
import { NodeStore, type StoreConditions } from './node-store.ts'
import type { Sabotage } from './sabotage.ts'
import { SimProcess } from './sim-process.ts'
import { seedFrom, type Actor, type VirtualTime } from './virtual-time.ts'

const STOP_DEADLINE_MS = 2_000
const START_RETRY_MS = 200
/** Until a supervisor has a new process. */
const RESTART_MS = 400

export interface SimNodeOptions {
  readonly name: string
  readonly time: VirtualTime
  readonly network: SimNetwork
  readonly random: Random
  readonly faults: FaultCount
  readonly conditions: StoreConditions
  readonly cluster: SimCluster
  readonly sabotage: Sabotage
  readonly openStore: () => Store
  /** These stand in the log from now on. */
  readonly accepted: (records: readonly LogRecord[]) => void
}

/** Where a node is told to die. */
type Trap = 'none' | 'afterCommit' | 'afterAck'

/** What is slow about a node: its loop, its way to the database, its ways to clients. */
export const SLOW_WAYS = ['slowAnswers', 'slowCommits', 'slowLink'] as const
export type SlowWay = (typeof SLOW_WAYS)[number]

/** One place where a server process runs, which can die at any moment, stand still, and be started again. */
export class SimNode {
  readonly name: string
  readonly address: string
  readonly #options: SimNodeOptions
  #process: SimProcess | undefined
  #trap: Trap = 'none'
  #starts = 0
  #skewMs = 0
  #lagMs = 0
  #storeMs = 0
  #leaving = false
  #migrations = 0
  #welcomed = 0

  constructor(options: SimNodeOptions) {
    this.#options = options
    this.name = options.name
    this.address = `ws://${options.name}`
  }

  get up(): boolean {
    return this.#process !== undefined
  }

  get listens(): boolean {
    return this.#options.network.listens(this.address)
  }

  /** Of the process that runs now. */
  get id(): string | undefined {
    return this.#process?.id
  }

  /** It runs and answers who asks it. */
  get answers(): boolean {
    return this.listens && this.#process?.actor.paused === false
  }

  /** Nobody hears it while it does not answer. */
  get health(): Health | undefined {
    const health = this.answers ? this.#process?.health : undefined
    return health === undefined ? undefined : (this.#options.sabotage.health?.(health) ?? health)
  }

  get sessions(): number {
    return this.#process?.sessions ?? 0
  }

  get leaving(): number {
    return this.#process?.leaving ?? 0
  }

  /** Clients that it asked to move, over all its lives. */
  get migrations(): number {
    return this.#migrations + (this.#process?.migrations ?? 0)
  }

  /** Sessions that it served, likewise. */
  get welcomed(): number {
    return this.#welcomed + (this.#process?.welcomed ?? 0)
  }

  /** What protects the process that runs now. */
  get guards(): readonly GuardStatus[] {
    return this.#process?.guards ?? []
  }

  /** What its processes turned away is counted when they end; of the one that runs, here. */
  countRefused(): void {
    if (this.#process !== undefined) this.#countRefused(this.#process)
  }

  /** Lives so far. */
  get starts(): number {
    return this.#starts
  }

  /** Starts until it succeeds; only then it listens. */
  start(): void {
    if (this.#process !== undefined) return
    const { time, random, network, name, cluster } = this.#options
    if (this.#starts++ > 0) this.#options.faults.add('restart')
    const actor = time.actor(seedFrom(random))
    actor.skew(this.#skewMs)
    actor.slow(this.#lagMs)
    this.#trap = 'none'
    this.#leaving = false
    const process = new SimProcess({
      name,
      address: this.address,
      actor,
      store: this.#storeFor(actor),
      cluster,
      sabotage: this.#options.sabotage,
      acknowledged: () => this.#acknowledged(),
    })
    this.#process = process
    void process.ended.then(() => this.#endsByItself(process))
    process.start().then(
      () => {
        if (actor.ended) return
        network.listen(
          this.address,
          (connection) => process.accept(connection),
          (run) => actor.reach(run),
        )
      },
      () => {
        if (this.#process !== process) return
        this.crash(true)
        time.after(START_RETRY_MS, () => this.start())
      },
    )
  }

  /** Dies as it stands. `told`: its machine lives on and closes its sockets. */
  crash(told: boolean): void {
    const process = this.#process
    if (process === undefined) return
    this.#migrations += process.migrations
    this.#welcomed += process.welcomed
    this.#countRefused(process)
    process.die()
    this.#process = undefined
    this.#options.network.nodeGone(this.address, told)
  }

  /** Executes nothing for so long, then goes on as if nothing had been. */
  pause(ms: number): void {
    const actor = this.#process?.actor
    if (actor === undefined || actor.paused) return
    this.#options.faults.add('pause')
    actor.pause()
    this.#options.time.after(ms, () => actor.resume())
  }

  /** Serves, and takes so much longer for it, whatever process runs here, until `quicken`. */
  slow(way: SlowWay, ms: number): void {
    const { faults, network } = this.#options
    faults.add(way)
    switch (way) {
      case 'slowAnswers':
        this.#lagMs = ms
        return this.#process?.actor.slow(ms)
      case 'slowCommits':
        this.#storeMs = ms
        return
      case 'slowLink':
        return network.slow(this.address, ms)
    }
  }

  quicken(): void {
    this.#lagMs = 0
    this.#storeMs = 0
    this.#process?.actor.slow(0)
    this.#options.network.quicken(this.address)
  }

  /** Dies at its next commit, with the answer on its way or with the first acknowledgement written. */
  setTrap(trap: Trap): void {
    this.#trap = trap
  }

  /** Drains and ends, as a process does that gets SIGTERM. */
  async drain(windowMs: number): Promise<void> {
    this.#options.faults.add('drain')
    const { neverDrains = false } = this.#options.sabotage
    await this.#leave((process) => (neverDrains ? Promise.resolve() : process.drain(windowMs)))
  }

  /** By an operator: the process ends when its clients have gone, and a new one takes its place. */
  orderDrain(windowMs: number): boolean {
    if (this.#leaving || !this.answers || this.#process === undefined) return false
    const begun = this.#process.orderDrain(windowMs)
    if (begun) this.#options.faults.add('drain')
    return begun
  }

  /** Ends without a drain, but in order. */
  async stopGracefully(): Promise<void> {
    this.#options.faults.add('gracefulStop')
    await this.#leave(() => Promise.resolve())
  }

  /** Refused by the cluster, or drained: who started it starts it again. */
  async #endsByItself(process: SimProcess): Promise<void> {
    if (this.#process !== process || this.#leaving) return
    await this.#leave(() => Promise.resolve())
    await this.#options.time.sleep(RESTART_MS)
    this.start()
  }

  async #leave(drain: (process: SimProcess) => Promise<void>): Promise<void> {
    const process = this.#process
    if (process === undefined || this.#leaving || !this.listens) return
    this.#leaving = true
    await drain(process)
    await process.stop(STOP_DEADLINE_MS)
    await this.#options.time.sleep(RESTART_MS)
    if (this.#process === process) this.crash(true)
  }

  skew(ms: number): void {
    this.#skewMs = ms
    this.#process?.actor.skew(ms)
  }

  #countRefused({ guards }: SimProcess): void {
    const { faults } = this.#options
    for (const { name, kind, refused } of guards) {
      if (name.startsWith('limits.') && kind === 'limit') faults.add('limited', refused)
      if (name === 'admission') faults.add('turnedAway', refused)
    }
  }

  #acknowledged(): void {
    if (this.#trap !== 'afterAck') return
    this.#options.faults.add('crashBetweenAckAndHint')
    this.crash(true)
  }

  #storeFor(actor: Actor): Store {
    const { time, random, faults, conditions, openStore, accepted, sabotage } = this.#options
    const committed = (outcomes: readonly CommitOutcome[]): boolean => {
      accepted(outcomes.flatMap((outcome) => (outcome.status === 'committed' ? [outcome.record] : [])))
      if (actor.ended || this.#trap !== 'afterCommit') return actor.ended
      faults.add('crashBetweenCommitAndAck')
      this.crash(true)
      return true
    }
    const store = openStore()
    const inner = sabotage.store?.(store) ?? store
    const slowMs = (): number => this.#storeMs
    return new NodeStore({ inner, time, actor, random, faults, conditions, slowMs, committed })
  }
}
