import { randomInt } from '@skein/core'
import type { History } from '../history/history.ts'
import { exponential } from './exponential.ts'
import type { FaultCount } from './faults/fault-kinds.ts'
import { FaultDice } from './faults/fault-dice.ts'
import { calmStore } from './node-store.ts'
import { clientTimelines, storeTimelines } from './read-timelines.ts'
import type { Sabotage } from './sabotage.ts'
import type { Scenario } from './scenario.ts'
import { HEALED_DELIVERY_MS, LIMIT_SLACK_MS, LONGEST_COMMIT_MS, STORIES } from './stories/index.ts'
import type { Workload } from './workload.ts'
import { World } from './world.ts'

/** No story takes longer. */
const STORY_MS = 240_000
/** Nodes that start together know of each other by then. */
const ACQUAINTED_MS = 3_000
/** Once everything is healed: so long at most until all is told, and so long at least for what is still to come. */
const SETTLE_MS = 180_000
const QUIET_MS = 10_000
/** Pauses, traps, restarts and lingering frames end by then. */
const LINGERING_MS = 16_000
/** Users go on for so long when nothing is broken any more. */
const HEALED_MS = 4_000

export interface SimRun {
  readonly history: History
  readonly operations: number
  readonly migrations: number
  readonly faults: FaultCount
  readonly events: number
}

/** One seed: builds a small world, lets it live with faults, heals it, and writes down what everybody holds. */
export class Simulation {
  readonly #world: World
  readonly #workload: Workload
  #acting = true

  constructor(scenario: Scenario, sabotage: Sabotage = {}) {
    this.#world = new World(scenario, sabotage)
    this.#workload = this.#world.workload
  }

  async run(): Promise<SimRun> {
    const world = this.#world
    const { scenario, time, nodes, tabs, service } = world
    for (const node of nodes.slice(0, nodes.length - scenario.spares)) node.start()
    // A list that is asked for before the nodes know of each other names one of them, for a minute.
    if (scenario.dispatchShare > 0) await time.run(time.nowMs + ACQUAINTED_MS)
    for (const [index, user] of scenario.users.entries()) {
      for (let tab = 0; tab < (scenario.tabsOf[index] ?? 1); tab++) tabs.open(user)
    }
    this.#actLater()
    const limitsHeld = this.#promiseLimits()
    await this.#play()
    await this.#heal()
    this.#acting = false
    limitsHeld()
    await this.#settle()
    const history = await this.#collect()
    for (const node of nodes) node.countRefused()
    return {
      history: { ...history, service: service.finish(world.answers, world.dispatch?.followers) },
      operations: this.#workload.operations,
      migrations: world.migrations,
      faults: world.faults,
      events: time.eventsRun,
    }
  }

  /**
   * Whatever happens: a node that was just started or does not see the others may think that it is alone, and
   * each life of one begins whole.
   */
  #promiseLimits(): () => void {
    const { scenario, service, nodes } = this.#world
    const user = scenario.limits?.limits.messages.user
    if (user === undefined) return () => {}
    return service.promiseLimit(() => ({
      perSecond: user.perSecond * nodes.length,
      burst: user.burst * nodes.reduce((lives, { starts }) => lives + starts, 0),
      slackMs: LIMIT_SLACK_MS + LONGEST_COMMIT_MS,
      why: 'nodes that do not know of each other limit each as the only one',
    }))
  }

  async #play(): Promise<void> {
    const world = this.#world
    const { time, scenario } = world
    let over = false
    STORIES[scenario.story](world, new FaultDice(world, world.fork())).then(
      () => (over = true),
      (error: unknown) => time.fail(error),
    )
    const how = await time.run(time.nowMs + STORY_MS, () => over)
    if (how === 'timeUp') throw new Error(`the story ${scenario.story} did not end within ${STORY_MS} ms`)
  }

  #actLater(): void {
    const { tabs, time, scenario } = this.#world
    const random = this.#workload.random
    const count = Math.max(1, tabs.live.length)
    const pauseMs = exponential(random, scenario.pauseMs) / count
    time.after(pauseMs, () => {
      if (!this.#acting) return
      const tab = tabs.live[randomInt(random, tabs.live.length)]
      if (tab !== undefined) this.#workload.act(tab)
      this.#actLater()
    })
  }

  /** Ends what was broken for long, waits for what ends by itself, and looks whether all is delivered then. */
  async #heal(): Promise<void> {
    const { nodes, time, service, scenario } = this.#world
    this.#mend()
    for (const node of nodes) {
      node.setTrap('none')
      node.skew(0)
      node.quicken()
      node.start()
    }
    if (scenario.story !== 'storm') return
    await time.run(time.nowMs + LINGERING_MS)
    this.#mend()
    service.promiseDelivery(HEALED_DELIVERY_MS)
    await time.run(time.nowMs + HEALED_MS)
  }

  #mend(): void {
    const { conditions, network, bus, registry, limits, dispatch } = this.#world
    Object.assign(conditions, calmStore())
    network.heal()
    bus.healAll()
    registry.heal()
    limits.heal()
    dispatch?.heal()
  }

  /** Waits until every message is settled and the rest had its time. */
  async #settle(): Promise<void> {
    const { nodes, time, tabs, recorder, service } = this.#world
    await time.run(time.nowMs + QUIET_MS)
    for (const node of nodes) node.start()
    const done = (): boolean => tabs.settled() && recorder.unsettled() === 0
    await time.run(time.nowMs + SETTLE_MS + this.#limitedMs(), done)
    await time.run(time.nowMs + QUIET_MS / 2)
    const over = nodes.map(({ name }) => service.promiseHealth(name, 'beWell', 0, 'nothing fails any more'))
    service.sampleHealth(nodes)
    for (const end of over) end()
    for (const { name, client } of tabs.live) {
      if (client.connection.state === 'online') recorder.onlineAtEnd(name, joinedBy(client))
    }
  }

  /** What waits for its turn goes out at half the limit at least. */
  #limitedMs(): number {
    const { scenario, recorder } = this.#world
    const messages = scenario.limits?.limits.messages
    const perSecond = Math.min(messages?.user?.perSecond ?? Infinity, messages?.device?.perSecond ?? Infinity)
    return (2 * 1_000 * recorder.unsettled()) / perSecond
  }

  async #collect(): Promise<History> {
    const world = this.#world
    const log = await world.database.log()
    const [fromStore, fromClients] = await Promise.all([
      storeTimelines(world, log),
      clientTimelines(world, log),
    ])
    return {
      ...world.recorder.finish(),
      allSendsRecorded: true,
      log,
      lost: world.database.lost,
      failedOver: world.scenario.failover !== undefined,
      timelines: [...fromStore, ...fromClients],
    }
  }
}

const joinedBy = (client: World['tabs']['live'][number]['client']): string[] =>
  client
    .conversations()
    .filter(({ joined }) => joined)
    .map(({ id }) => id)
