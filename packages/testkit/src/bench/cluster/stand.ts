import { setTimeout as sleep } from 'node:timers/promises'
import { systemRuntime } from '@skein/server'
import type { BedNode } from '../../cluster-bed/bed-node.ts'
import type { SessionTrace } from '../../cluster-bed/clients/session-tracer.ts'
import type { Whereabouts } from '../../cluster-bed/clients/talk-commands.ts'
import { ClusterBed } from '../../cluster-bed/cluster-bed.ts'
import type { FaultMark } from '../../cluster-bed/fault-mark.ts'
import { type Figures, figuresOf } from '../../cluster-bed/figures.ts'
import { violationText } from '../../history/history.ts'
import { nowMs } from '../../processes/shared-clock.ts'
import { BENCH_APP, createGroups } from '../test-bed.ts'
import { conversationOf, userName } from './crowd-plan.ts'
import { CrowdProcesses } from './crowd-processes.ts'
import type { ClusterBench } from './cluster-bench.ts'
import type { FrontProxy } from './front-proxy.ts'
import { judgeCrowd } from './judge-crowd.ts'

/** How clients reach the nodes. */
export type Way = 'proxy' | 'direct'

export interface StandOptions {
  readonly bench: ClusterBench
  readonly way: Way
  readonly nodes: number
  readonly sessions: number
  readonly messagesPerSecond: number
  /** One unless told. */
  readonly crowdProcesses?: number
  /** Clients reach the nodes through links that can be broken, which costs a little. */
  readonly breakable?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Before any node runs. */
  readonly prepare?: (bed: ClusterBed) => Promise<void>
}

export const MUST_BE_ZERO = ['lost', 'duplicates', 'orderViolations', 'failedSends'] as const

/** What is asked of every run: nothing lost, doubled, reordered or failed, and every send acknowledged. */
export const isClean = (figures: Figures): boolean =>
  MUST_BE_ZERO.every((name) => figures[name] === 0) && figures.acknowledged === figures.sends

export interface Judged {
  readonly figures: Figures
  readonly traces: readonly SessionTrace[]
}

const USERS_PER_CONVERSATION = 10
const SEED = 1
const POLL_MS = 100
/** What is under way when the talk ends has this long. */
const SETTLE_MS = 60_000
const SHOWN_VIOLATIONS = 5
const SHOWN_CHARACTERS = 1_500

/** A cluster with its clients, who talk from `begin` on until they are judged. */
export class Stand implements AsyncDisposable {
  readonly bed: ClusterBed
  readonly #options: StandOptions
  readonly #front: FrontProxy | undefined
  readonly #faults: FaultMark[] = []
  #crowds: CrowdProcesses | undefined
  #fromMs = 0

  private constructor(options: StandOptions, bed: ClusterBed, front: FrontProxy | undefined) {
    this.#options = options
    this.bed = bed
    this.#front = front
  }

  /** Resolves when everybody is online. */
  static async open(options: StandOptions): Promise<Stand> {
    const { bench, way, nodes, prepare } = options
    const { tools } = bench
    bench.say(`${way}: starting the cluster`)
    const bed = await ClusterBed.open({
      nodes: prepare === undefined ? nodes : 0,
      program: tools.program,
      env: envOf(options),
    })
    let stand: Stand
    try {
      stand = new Stand(options, bed, way === 'proxy' ? await tools.openFrontProxy() : undefined)
    } catch (error) {
      await bed.close()
      throw error
    }
    try {
      await prepare?.(bed)
      await bench.databaseRuns(bed.database.url)
      await stand.#fill()
      return stand
    } catch (error) {
      const words = bed.nodes.map(({ name, output }) => `${name}: ${output.slice(-SHOWN_CHARACTERS)}`)
      await stand.close()
      throw new Error(`the cluster of the bench could not be set up.\n${words.join('\n')}`, { cause: error })
    }
  }

  get sessions(): number {
    return this.#options.sessions
  }

  say(line: string): void {
    this.#options.bench.say(`${this.#options.way}: ${line}`)
  }

  /** Everybody talks from now on. Resolves after so long. */
  async begin(talkMs: number): Promise<void> {
    this.#fromMs = nowMs()
    await this.#crowd.begin()
    await sleep(talkMs)
  }

  /** Notes what is done right now, and to whose sessions. */
  fault(what: string, hits?: string): FaultMark {
    this.say(what)
    const mark = { what, atMs: nowMs(), ...(hits !== undefined && { hits }) }
    this.#faults.push(mark)
    return mark
  }

  /** One more node. Resolves when it is ready and clients may come. */
  async addNode(): Promise<BedNode> {
    const node = await this.bed.addNode()
    this.connect(node)
    return node
  }

  /** The proxy learns of a node that listens. */
  connect(node: BedNode): void {
    const port = this.#options.breakable === true ? node.links.clients.port : node.port
    this.#front?.add({ name: node.name, port })
  }

  /** The proxy learns that a node's process is gone, as the supervisor of `skein up` does. */
  disconnect(node: BedNode): void {
    this.#front?.remove(node.name)
  }

  /** Sessions per node, as the clients see it, and those that nobody serves. */
  where(): Promise<Whereabouts> {
    return this.#crowd.where()
  }

  /** Polls until everybody has a node that is none of `gone`. Answers how long it took, or undefined. */
  async untilServed(withinMs: number, gone: readonly string[] = []): Promise<number | undefined> {
    const startMs = nowMs()
    while (nowMs() - startMs < withinMs) {
      const { byNode, offline } = await this.where()
      if (offline === 0 && gone.every((name) => (byNode[name] ?? 0) === 0)) return nowMs() - startMs
      await sleep(POLL_MS)
    }
    return undefined
  }

  /** Ends the talk and holds all that was seen against the log. */
  async judge(): Promise<Judged> {
    await this.#crowd.hush()
    const untilMs = nowMs()
    const { offline, unsettled } = await this.#crowd.settle(SETTLE_MS)
    if (offline + unsettled > 0) this.say(`${offline} are offline in the end, ${unsettled} sends are open`)
    const outcome = await this.#crowd.finish()
    const violations = await judgeCrowd(await this.bed.store(), BENCH_APP, outcome)
    for (const one of violations.slice(0, SHOWN_VIOLATIONS)) this.say(violationText(one))
    const { traces, sends } = outcome
    const faults = this.#faults
    const figures = figuresOf({ traces, faults, fromMs: this.#fromMs, untilMs, sends, violations })
    return { figures, traces }
  }

  async close(): Promise<void> {
    await this.#crowds?.end()
    await this.#front?.close()
    await this.bed.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #crowd(): CrowdProcesses {
    if (this.#crowds === undefined) throw new Error('the crowd has not come yet')
    return this.#crowds
  }

  async #fill(): Promise<void> {
    const { nodes, sessions, messagesPerSecond, crowdProcesses = 1 } = this.#options
    for (const node of this.bed.nodes) this.connect(node)
    while (this.bed.nodes.length < nodes) await this.addNode()
    await createGroups(await this.bed.store(), systemRuntime(), groupsOf(sessions))
    this.say(`${sessions} SDK clients come`)
    this.#crowds = new CrowdProcesses({
      processes: crowdProcesses,
      plan: {
        urls: this.#urls,
        secret: this.bed.jwtSecret,
        app: BENCH_APP,
        users: sessions,
        usersPerConversation: USERS_PER_CONVERSATION,
        perSecond: messagesPerSecond,
        seed: SEED,
      },
    })
    const bytes = await this.#crowds.open()
    this.say(`all are online, ${Math.round(bytes / 1_024)} KiB each in their own processes`)
  }

  get #urls(): readonly string[] {
    if (this.#front !== undefined) return [`ws://127.0.0.1:${this.#front.port}/v1/connect`]
    return this.#options.breakable === true
      ? this.bed.urls
      : this.bed.nodes.map(({ port }) => `ws://127.0.0.1:${port}/v1/connect`)
  }
}

/** Behind the proxy no node has an address that clients know. */
const envOf = ({ way, env }: StandOptions): Record<string, string> => ({
  ...(way === 'proxy' && { SKEIN_CLIENT_URL: '' }),
  ...env,
})

const groupsOf = (users: number): { readonly conversation: string; readonly members: readonly string[] }[] =>
  Array.from({ length: Math.ceil(users / USERS_PER_CONVERSATION) }, (_, group) => {
    const first = group * USERS_PER_CONVERSATION
    return {
      conversation: conversationOf(first, USERS_PER_CONVERSATION),
      members: Array.from({ length: USERS_PER_CONVERSATION }, (_unused, seat) => userName(first + seat)),
    }
  })
