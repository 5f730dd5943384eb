import { setTimeout as sleep } from 'node:timers/promises'
import { randomInt, type Random } from '@skein/core'
import type { BedEdge } from '../cluster-bed/bed-edge.ts'
import type { BedNode } from '../cluster-bed/bed-node.ts'
import type { ClusterBed } from '../cluster-bed/cluster-bed.ts'
import type { TalkProcess } from '../cluster-bed/clients/talk-process.ts'
import type { FaultMark } from '../cluster-bed/fault-mark.ts'
import { nowMs } from '../processes/shared-clock.ts'
import type { ReadTalkOutcome, TalkPlan } from './talk/talk-plan.ts'

const POLL_MS = 50

/** What a scenario plays on: the cluster, the talk, and the notes for the judge. */
export class Stage {
  readonly bed: ClusterBed
  readonly talk: TalkProcess<TalkPlan, ReadTalkOutcome>
  readonly random: Random
  readonly faults: FaultMark[] = []
  /** Checks of the scenario's own that failed. */
  readonly failures: string[] = []
  /** Figures of the scenario's own. */
  readonly figures: Record<string, number> = {}
  readonly #moments = new Map<string, number>()
  readonly #say: (line: string) => void
  readonly #signal: AbortSignal | undefined

  constructor(parts: {
    readonly bed: ClusterBed
    readonly talk: TalkProcess<TalkPlan, ReadTalkOutcome>
    readonly random: Random
    readonly say: (line: string) => void
    readonly signal: AbortSignal | undefined
  }) {
    this.bed = parts.bed
    this.talk = parts.talk
    this.random = parts.random
    this.#say = parts.say
    this.#signal = parts.signal
  }

  /** Lets everybody go on talking. */
  async pass(ms: number): Promise<void> {
    await sleep(ms, undefined, this.#signal === undefined ? {} : { signal: this.#signal })
  }

  /** Notes a fault that is caused right now. `hits`: see FaultMark. */
  fault(what: string, hits?: string): void {
    this.#say(what)
    this.faults.push({ what, atMs: nowMs(), ...(hits !== undefined && { hits }) })
  }

  say(line: string): void {
    this.#say(line)
  }

  /** One of the nodes, by the seed. */
  anyNode(): BedNode {
    const { nodes } = this.bed
    const node = nodes[randomInt(this.random, nodes.length)]
    if (node === undefined) throw new Error('the bed has no nodes')
    return node
  }

  /** Notes what begins or ends right now, for `at`. */
  mark(moment: string): void {
    this.#moments.set(moment, nowMs())
  }

  /** Infinity: it never came. */
  at(moment: string): number {
    return this.#moments.get(moment) ?? Infinity
  }

  measured(name: string, value: number): void {
    this.figures[name] = Math.round(value)
    this.#say(`${name} ${Math.round(value)}`)
  }

  check(that: string, holds: boolean): void {
    if (!holds) this.failures.push(that)
  }

  /** Waits for it; when it does not come in time, that is a failure of the run. Answers how long it took. */
  async until(that: string, withinMs: number, holds: () => Promise<boolean> | boolean): Promise<number> {
    const startMs = nowMs()
    while (!(await holds())) {
      if (nowMs() - startMs > withinMs) {
        this.failures.push(`${that} (not within ${withinMs} ms)`)
        break
      }
      await this.pass(POLL_MS)
    }
    return nowMs() - startMs
  }

  async untilReady(node: BedNode, withinMs: number): Promise<void> {
    await this.until(
      `${node.name} is ready again`,
      withinMs,
      async () => (await node.readiness())?.ready === true,
    )
  }

  /** The edge of a scenario that asked for one. */
  get edge(): BedEdge {
    const [edge] = this.bed.edges
    if (edge === undefined) throw new Error('this scenario asked for no edge')
    return edge
  }

  /** Sessions that each node serves, as the clients see it. */
  async sessionsByNode(): Promise<ReadonlyMap<string, number>> {
    const { byNode } = await this.talk.where()
    return new Map([...this.bed.nodes.map(({ name }) => [name, 0] as const), ...Object.entries(byNode)])
  }

  /** How a node is seen by another: its state, or undefined when it is not in that one's view. */
  async stateOf(name: string, seenBy: BedNode): Promise<string | undefined> {
    return (await seenBy.cluster())?.nodes.find((node) => node.name === name)?.state
  }
}
