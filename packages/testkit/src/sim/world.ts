import { randomInt, seededRandom, type Random } from '@skein/core'
import { HistoryRecorder } from '../history/recorder.ts'
import { chooseNode, FRONT_URL, type SimCluster } from './cluster/sim-cluster.ts'
import { SimBus } from './cluster/sim-bus.ts'
import { SimRegistry } from './cluster/sim-registry.ts'
import { FaultCount } from './faults/fault-kinds.ts'
import type { FaultTargets } from './faults/fault-dice.ts'
import { SimDispatch } from './dispatch/sim-dispatch.ts'
import { SimLimits } from './limits/sim-limits.ts'
import { SimNetwork } from './network/sim-network.ts'
import { calmStore } from './node-store.ts'
import type { Sabotage } from './sabotage.ts'
import type { Scenario } from './scenario.ts'
import { AnswerLog } from './answer-log.ts'
import { SIM_LIMITS } from './sim-process.ts'
import { ServiceLog } from './service-log.ts'
import { SimDatabase } from './sim-database.ts'
import { SimNode } from './sim-node.ts'
import { SimTabs } from './sim-tabs.ts'
import { seedFrom, VirtualTime } from './virtual-time.ts'
import { Workload } from './workload.ts'

const START_MS = 1_700_000_000_000
const REACH_MS = 2

/** All that a seed has to play with: one database, one bus, one registry, some nodes, some clients. */
export class World implements FaultTargets {
  readonly scenario: Scenario
  readonly time = new VirtualTime(START_MS)
  readonly faults = new FaultCount()
  readonly conditions = calmStore()
  readonly network: SimNetwork
  readonly database: SimDatabase
  readonly bus: SimBus
  readonly registry: SimRegistry
  readonly limits: SimLimits
  readonly dispatch: SimDispatch | undefined
  /** In worlds that look at it. */
  readonly answers: AnswerLog | undefined
  readonly recorder: HistoryRecorder
  readonly service: ServiceLog
  readonly nodes: readonly SimNode[]
  readonly tabs: SimTabs
  readonly workload: Workload
  readonly #random: Random
  readonly #sabotage: Sabotage

  constructor(scenario: Scenario, sabotage: Sabotage) {
    this.scenario = scenario
    this.#sabotage = sabotage
    this.#random = seededRandom(scenario.seed ^ 0x5eed)
    const { time, faults } = this
    this.network = new SimNetwork(time, this.fork(), faults)
    this.database = new SimDatabase(time.actor(seedFrom(this.#random)), this.fork(), this.conditions, faults)
    this.bus = new SimBus(time, this.fork(), faults)
    this.registry = new SimRegistry(time, faults)
    const terms = sabotage.neverLimits === true ? undefined : scenario.limits
    this.limits = new SimLimits(time, this.fork(), faults, terms)
    const believesAll = sabotage.believesForged === true
    this.dispatch =
      scenario.dispatchShare > 0
        ? new SimDispatch({ time, network: this.network, random: this.fork(), faults, believesAll })
        : undefined
    this.answers = scenario.story === 'overload' ? new AnswerLog(() => time.nowMs) : undefined
    this.service = new ServiceLog(time)
    this.recorder = new HistoryRecorder(
      (conversation) => this.database.headsNow(conversation),
      () => time.nowMs,
    )
    const cluster = this.#cluster()
    this.nodes = Array.from({ length: scenario.nodes }, (_, index) => this.#newNode(`n${index + 1}`, cluster))
    const direct = scenario.access === 'direct'
    this.network.front(FRONT_URL, (hint) => chooseNode(this.nodes, hint))
    this.tabs = new SimTabs({
      time,
      network: this.network,
      random: this.fork(),
      recorder: this.recorder,
      urls: direct ? this.nodes.map(({ address }) => address) : [FRONT_URL],
      tokenTtlMs: scenario.tokenTtlMs,
      dispatch: this.dispatch && { share: scenario.dispatchShare, lists: this.dispatch },
    })
    this.workload = new Workload(this.fork(), this.recorder, scenario.users)
  }

  /** Randomness of its own for a part, so that parts do not disturb each other's. */
  fork(): Random {
    return seededRandom(seedFrom(this.#random))
  }

  /** How often clients were asked to move, so far. */
  get migrations(): number {
    return this.nodes.reduce((sum, { migrations }) => sum + migrations, 0)
  }

  /** How often clients were let in, so far. */
  get welcomed(): number {
    return this.nodes.reduce((sum, { welcomed }) => sum + welcomed, 0)
  }

  /** Clients that were asked to move, and have neither moved nor lost the time for it. */
  get leaving(): number {
    return this.nodes.reduce((sum, { leaving }) => sum + leaving, 0)
  }

  reload(told: boolean): boolean {
    return this.tabs.reload(told)
  }

  skewSomeClock(ms: number): void {
    const { live } = this.tabs
    const tab = live[randomInt(this.#random, 2 * live.length)]
    if (tab === undefined) this.database.skewClock(ms)
    else tab.actor.skew(ms * 10)
  }

  #cluster(): SimCluster {
    const answers = async (id: string): Promise<boolean> => {
      await this.time.sleep(REACH_MS)
      const node = this.nodes.find((one) => one.id === id)
      // One that is paused takes the connection and says nothing.
      if (node?.answers === false && node.up) return new Promise(() => {})
      return node !== undefined
    }
    const { bus, registry, limits, dispatch, scenario } = this
    return {
      bus,
      registry,
      limits,
      dispatch,
      nodeLimits: { ...SIM_LIMITS, ...scenario.nodeLimits },
      answers: this.answers,
      access: scenario.access,
      reach: answers,
    }
  }

  #newNode(name: string, cluster: SimCluster): SimNode {
    return new SimNode({
      name,
      time: this.time,
      network: this.network,
      random: this.fork(),
      faults: this.faults,
      conditions: this.conditions,
      cluster,
      sabotage: this.#sabotage,
      openStore: () => this.database.openStore(),
      accepted: (records) => this.service.accepted(records),
    })
  }
}
