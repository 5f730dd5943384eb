import { seededRandom, type Random } from '@skein/core'
import type { Store } from '@skein/server'
import type { History, TimelineRecord } from '../history/history.ts'
import { HistoryRecorder, readWholeTimeline } from '../history/recorder.ts'
import { readStoreTimeline } from '../history/store-history.ts'
import { indexLog } from '../history/log-index.ts'
import { FaultCount } from './fault-kinds.ts'
import { FaultInjector } from './fault-injector.ts'
import { SimNetwork } from './network/sim-network.ts'
import { calmStore } from './node-store.ts'
import { SIM_APP } from './sim-auth.ts'
import { SimDatabase } from './sim-database.ts'
import { SimNode } from './sim-node.ts'
import { SimTabs } from './sim-tabs.ts'
import type { Scenario } from './scenario.ts'
import { VirtualTime } from './virtual-time.ts'
import { Workload } from './workload.ts'

const START_MS = 1_700_000_000_000
/** Once everything is healed: so long at most until all is told, and so long at least for what is still to come. */
const SETTLE_MS = 180_000
const QUIET_MS = 40_000
const READ_MS = 60_000

export interface SimRun {
  readonly history: History
  readonly operations: number
  readonly faults: FaultCount
  readonly events: number
}

/** One seed: builds a small world, lets it live with faults, heals it, and writes down what everybody holds. */
export class Simulation {
  readonly #scenario: Scenario
  readonly #random: Random
  readonly #time = new VirtualTime(START_MS)
  readonly #faults = new FaultCount()
  readonly #conditions = calmStore()
  readonly #network: SimNetwork
  readonly #database: SimDatabase
  readonly #recorder: HistoryRecorder
  readonly #nodes: readonly SimNode[]
  readonly #tabs: SimTabs
  readonly #workload: Workload
  readonly #sabotage: (store: Store) => Store
  #acting = true

  /** @param sabotage for tests of the simulator itself: a store that breaks promises must be found out */
  constructor(scenario: Scenario, sabotage: (store: Store) => Store = (store) => store) {
    this.#scenario = scenario
    this.#sabotage = sabotage
    this.#random = seededRandom(scenario.seed ^ 0x5eed)
    this.#network = new SimNetwork(this.#time, this.#fork(), this.#faults)
    this.#database = new SimDatabase(
      this.#time.actor(this.#number()),
      this.#fork(),
      this.#conditions,
      this.#faults,
    )
    this.#recorder = new HistoryRecorder((conversation) => this.#database.headsNow(conversation))
    this.#nodes = Array.from({ length: scenario.nodes }, (_, index) => this.#newNode(`n${index + 1}`))
    this.#tabs = new SimTabs({
      time: this.#time,
      network: this.#network,
      random: this.#fork(),
      recorder: this.#recorder,
      urls: this.#nodes.map(({ address }) => address),
      tokenTtlMs: scenario.tokenTtlMs,
    })
    this.#workload = new Workload(this.#fork(), this.#recorder, scenario.users)
  }

  async run(): Promise<SimRun> {
    for (const node of this.#nodes) node.start()
    for (const [index, user] of this.#scenario.users.entries()) {
      for (let tab = 0; tab < (this.#scenario.tabsOf[index] ?? 1); tab++) this.#tabs.open(user)
    }
    this.#actLater()
    const injector = this.#newInjector()
    if (this.#scenario.failover !== undefined) this.#failoverLater(this.#scenario.failover)
    await this.#time.run(START_MS + this.#scenario.activeMs)
    this.#acting = false
    injector.stop()
    await this.#settle()
    const history = await this.#collect()
    return {
      history,
      operations: this.#workload.operations,
      faults: this.#faults,
      events: this.#time.eventsRun,
    }
  }

  #newNode(name: string): SimNode {
    return new SimNode({
      name,
      time: this.#time,
      network: this.#network,
      random: this.#fork(),
      faults: this.#faults,
      conditions: this.#conditions,
      openStore: () => this.#sabotage(this.#database.openStore()),
    })
  }

  #newInjector(): FaultInjector {
    const random = this.#fork()
    return new FaultInjector(
      {
        time: this.#time,
        network: this.#network,
        nodes: this.#nodes,
        conditions: this.#conditions,
        faults: this.#faults,
        reload: (told) => this.#tabs.reload(told),
        skewSomeClock: (ms) => {
          const tab = this.#tabs.live[Math.floor(random.next() * 2 * this.#tabs.live.length)]
          if (tab === undefined) this.#database.skewClock(ms)
          else tab.actor.skew(ms * 10)
        },
      },
      random,
    )
  }

  #actLater(): void {
    const tabs = Math.max(1, this.#tabs.live.length)
    const pauseMs = (-Math.log(1 - this.#random.next()) * this.#scenario.pauseMs) / tabs
    this.#time.after(pauseMs, () => {
      if (!this.#acting) return
      const tab = this.#tabs.live[Math.floor(this.#random.next() * this.#tabs.live.length)]
      if (tab !== undefined) this.#workload.act(tab)
      this.#actLater()
    })
  }

  /** With the primary all nodes' connections die: they begin anew on the standby. */
  #failoverLater({ atMs, lose }: { readonly atMs: number; readonly lose: number }): void {
    this.#time.after(atMs, () => {
      this.#faults.add('failover')
      for (const node of this.#nodes) node.crash(true)
      this.#database.failover(lose).then(
        () => this.#nodes.forEach((node) => node.start()),
        (error: unknown) => this.#time.fail(error),
      )
    })
  }

  /** Heals everything, then waits until every message is settled and the rest had its time. */
  async #settle(): Promise<void> {
    Object.assign(this.#conditions, calmStore())
    this.#network.heal()
    for (const node of this.#nodes) {
      node.setTrap('none')
      node.skew(0)
      node.start()
    }
    // Traps and stops that were under way end by then.
    await this.#time.run(this.#time.nowMs + QUIET_MS)
    for (const node of this.#nodes) node.start()
    this.#network.heal()
    const done = (): boolean => this.#tabs.settled() && this.#recorder.unsettled() === 0
    await this.#time.run(this.#time.nowMs + SETTLE_MS, done)
    await this.#time.run(this.#time.nowMs + QUIET_MS / 4)
    for (const { name, client } of this.#tabs.live) {
      if (client.connection.state === 'online') this.#recorder.onlineAtEnd(name, joinedBy(client))
    }
  }

  async #collect(): Promise<History> {
    const log = await this.#database.log()
    const [fromStore, fromClients] = await Promise.all([
      this.#storeTimelines(log),
      this.#clientTimelines(log),
    ])
    return {
      ...this.#recorder.finish(),
      allSendsRecorded: true,
      log,
      lost: this.#database.lost,
      failedOver: this.#scenario.failover !== undefined,
      timelines: [...fromStore, ...fromClients],
    }
  }

  #storeTimelines(log: History['log']): Promise<TimelineRecord[]> {
    const store = this.#database.openStore()
    const readers = [...indexLog({ log, lost: [] }).conversations.values()].flatMap(
      ({ conversation, visibility }) =>
        [...visibility.keys()].map((user) => readStoreTimeline(store, SIM_APP, conversation, user)),
    )
    return Promise.all(readers)
  }

  /** Every client pages everything that it is in back to the beginning, while virtual time goes on. */
  async #clientTimelines(log: History['log']): Promise<TimelineRecord[]> {
    const timelines: TimelineRecord[] = []
    const waiting = new Set<string>()
    const logged = new Set(log.map(({ conversation }) => conversation))
    for (const { name, client } of this.#tabs.live) {
      if (client.connection.state !== 'online') continue
      for (const conversation of client.conversations()) {
        // Lost as a whole by a failover: nothing is left to read.
        if (!conversation.joined || !logged.has(conversation.id)) continue
        const reading = `${name} ${conversation.id}`
        waiting.add(reading)
        readWholeTimeline(client, name, conversation).then(
          (timeline) => {
            timelines.push(timeline)
            waiting.delete(reading)
          },
          (error: unknown) => this.#time.fail(new Error(`${reading} cannot be read`, { cause: error })),
        )
      }
    }
    const how = await this.#time.run(this.#time.nowMs + READ_MS, () => waiting.size === 0)
    if (how === 'timeUp') throw new Error(`not read within ${READ_MS} ms of calm: ${[...waiting].join(', ')}`)
    return timelines
  }

  #fork(): Random {
    return seededRandom(this.#number())
  }

  #number(): number {
    return Math.floor(this.#random.next() * 2 ** 32)
  }
}

const joinedBy = (client: SimTabs['live'][number]['client']): string[] =>
  client
    .conversations()
    .filter(({ joined }) => joined)
    .map(({ id }) => id)
