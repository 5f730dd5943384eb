import type { Clock, Random } from '@skein/core'
import {
  createBalancer,
  DEFAULT_OUTLIER,
  DEFAULT_SLOW_START,
  observeRtt,
  OutlierEjector,
  type BalancerOptions,
  type OutlierChange,
  type OutlierMemory,
  type OutlierOptions,
  type SlowStart,
  type Strategy,
} from '@skein/resilience'
import type { ClusterAnswer } from '../cluster/cluster-answer.ts'
import { callEndOf, observationOf, type Asked, type AttemptEnd } from './attempt-end.ts'
import { candidatesOf } from './candidates.ts'
import { judge, type HealthState, type Observation } from './health.ts'
import { isSameProcess, memberChanges } from './member-changes.ts'
import { Newcomers } from './newcomers.ts'
import { PooledNode, type Member } from './pooled-node.ts'
import { snapshotOf, type NodeSnapshot } from './snapshot.ts'

export type PoolEvent =
  | { readonly kind: 'joined' | 'left'; readonly name: string }
  | { readonly kind: 'health'; readonly name: string; readonly state: HealthState }
  | OutlierChange

export interface NodePoolOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly random: Random
  readonly balancer?: Partial<BalancerOptions>
  readonly outlier?: Partial<OutlierOptions>
  readonly onEvent?: (event: PoolEvent) => void
}

/** Warm processes are quick here: a node has compiled its hot paths after a few seconds of use. */
export const EDGE_SLOW_START: SlowStart = { ...DEFAULT_SLOW_START, windowMs: 10_000 }

/** Processes that left, of which it is kept how they did. */
const MOST_DEPARTED = 1_000

interface Departed {
  readonly id: string
  readonly memory: OutlierMemory
}

export interface Wanted {
  /** The node that the client names. */
  readonly node: string | undefined
  /** Those that have failed this connection. */
  readonly tried: ReadonlySet<string>
  /** The client's address. */
  readonly key: string
}

/** One connection at one node. */
export interface Occupancy {
  /** Once, when it is known how it went. */
  settle(end: AttemptEnd, asked: Asked): void
  /** When the connection is over. */
  leave(): void
}

/** The nodes behind the edge: who is there, how they are, and who takes the next connection. */
export class NodePool {
  readonly #options: NodePoolOptions
  readonly #nodes = new Map<string, PooledNode>()
  readonly #strategy: Strategy
  readonly #ejector: OutlierEjector
  readonly #slowStart: SlowStart
  readonly #compareEveryMs: number
  readonly #newcomers: Newcomers
  readonly #departed = new Map<string, Departed>()
  #comparedAtMs: number

  /** @throws OptionError by name and value. */
  constructor(options: NodePoolOptions) {
    this.#options = options
    this.#slowStart = options.balancer?.slowStart ?? EDGE_SLOW_START
    this.#strategy = createBalancer({ ...options.balancer, slowStart: this.#slowStart })
    const outlier = { ...DEFAULT_OUTLIER, ...options.outlier }
    this.#ejector = new OutlierEjector(options.random, outlier, (change) => options.onEvent?.(change))
    this.#compareEveryMs = outlier.rates.windowMs / 2
    this.#comparedAtMs = this.#nowMs()
    this.#newcomers = new Newcomers(this.#comparedAtMs, this.#slowStart.windowMs)
  }

  all(): readonly PooledNode[] {
    return [...this.#nodes.values()]
  }

  /** It listens. A process in the place of one by the same name is another one. */
  add(member: Member): void {
    const nowMs = this.#nowMs()
    const isNew = this.#newcomers.arrived(member.name, nowMs)
    this.remove(member.name)
    this.#nodes.set(member.name, new PooledNode(member, isNew ? nowMs : undefined))
    this.#ejector.watch(this.#nodes.keys())
    this.#recall(member)
    this.#options.onEvent?.({ kind: 'joined', name: member.name })
  }

  /** Its process is gone. What waits for it goes elsewhere. */
  remove(name: string): void {
    const node = this.#nodes.get(name)
    if (node === undefined) return
    this.#remember(node)
    this.#nodes.delete(name)
    this.#ejector.watch(this.#nodes.keys())
    this.#options.onEvent?.({ kind: 'left', name })
    node.lose()
  }

  /** What the cluster says: loads and states; with `membership`, also who is there. */
  learn(answer: ClusterAnswer, { membership }: { readonly membership: boolean }): void {
    if (membership) {
      const known = this.all().map(({ id, name, host, port, health }) => {
        return { id, name, host, port, ready: health.state === 'ready' }
      })
      const { add, remove } = memberChanges(known, answer)
      for (const name of remove) this.remove(name)
      for (const node of add) this.add(node)
    }
    for (const described of answer.nodes) {
      const node = this.#nodes.get(described.name)
      if (node === undefined || !isSameProcess(node, described)) continue
      const { state, reason, zone, region, weight, headroom, sessions, heardAtMs: atMs } = described
      Object.assign(node, { state, reason, zone, region, weight })
      if (node.report !== undefined && atMs <= node.report.atMs) continue
      node.report = headroom === undefined ? undefined : { headroom, sessions, atMs }
    }
  }

  /** What was seen of a node. Ignored when another process has its place by now. */
  judge(node: PooledNode, seen: Observation): void {
    if (this.#nodes.get(node.name) !== node) return
    const before = node.health.state
    node.health = judge(node.health, seen)
    const { state } = node.health
    if (state === before) return
    if (before === 'away') node.readySinceMs = this.#nowMs()
    this.#options.onEvent?.({ kind: 'health', name: node.name, state })
    if (state === 'away') node.lose()
  }

  pick({ node: steerTo, tried, key }: Wanted): PooledNode | undefined {
    const nowMs = this.#nowMs()
    const nodes = this.all()
    const endpoints = this.#ejector.apply(
      nodes.map((node) => node.endpoint()),
      nowMs,
    )
    const candidates = endpoints.map((endpoint) => {
      return { endpoint, welcome: this.#nodes.get(endpoint.id)?.welcome ?? false }
    })
    const request = { nowMs, random: this.#options.random, key, steerTo }
    const picked = this.#strategy.pick(candidatesOf(candidates, tried), request)
    return picked === undefined ? undefined : this.#nodes.get(picked.id)
  }

  /** Counted from before it is connected, or all that come in one moment would go to the same node. */
  occupy(node: PooledNode): Occupancy {
    node.connections += 1
    node.inFlight += 1
    node.picked += 1
    node.picks.picked(this.#nowMs())
    if (this.#isHere(node)) this.#ejector.began(node.name, this.#nowMs())
    let isSettled = false
    let isHeld = true
    return {
      settle: (end, asked) => {
        if (isSettled) return
        isSettled = true
        node.inFlight -= 1
        this.#settle(node, end, asked)
      },
      leave: () => {
        if (!isHeld) return
        isHeld = false
        node.connections -= 1
      },
    }
  }

  /** Again and again: compares the nodes with each other when it is time. */
  tick(): void {
    const nowMs = this.#nowMs()
    if (nowMs - this.#comparedAtMs < this.#compareEveryMs) return
    this.#comparedAtMs = nowMs
    this.#ejector.compare(nowMs)
  }

  snapshot(): readonly NodeSnapshot[] {
    const nowMs = this.#nowMs()
    const slowStart = this.#slowStart
    return this.all().flatMap((node) => {
      const standing = this.#ejector.standing(node.name)
      const seen = this.#ejector.apply([node.endpoint()], nowMs)
      return seen.map((endpoint) => snapshotOf(node, { endpoint, standing, nowMs, slowStart }))
    })
  }

  #settle(node: PooledNode, end: AttemptEnd, asked: Asked): void {
    if (!this.#isHere(node)) return
    const nowMs = this.#nowMs()
    const callEnd = callEndOf(end, asked)
    if (callEnd !== undefined) this.#ejector.ended(node.name, callEnd, nowMs)
    if (callEnd?.tookMs !== undefined) node.rtt = observeRtt(node.rtt, callEnd.tookMs, nowMs)
    const seen = observationOf(end)
    if (seen !== undefined) this.judge(node, seen)
  }

  /** The cluster may lose sight of a node that stands still now and then; its process is still the same. */
  #remember({ name, id }: PooledNode): void {
    const memory = this.#ejector.memoryOf(name)
    if (id === undefined || memory === undefined) return
    this.#departed.delete(name)
    this.#departed.set(name, { id, memory })
    const [oldest] = this.#departed.keys()
    if (this.#departed.size > MOST_DEPARTED && oldest !== undefined) this.#departed.delete(oldest)
  }

  #recall({ name, id }: Member): void {
    const before = this.#departed.get(name)
    this.#departed.delete(name)
    if (before !== undefined && before.id === id) this.#ejector.recall(name, before.memory)
  }

  #isHere(node: PooledNode): boolean {
    return this.#nodes.get(node.name) === node
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs()
  }
}
