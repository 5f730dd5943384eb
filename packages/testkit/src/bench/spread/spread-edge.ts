import type { Random } from '@skein/core'
import {
  createBalancer,
  endpointOf,
  observeRtt,
  RecentPicks,
  REPORT_TTL_MS,
  type BalancerOptions,
  type Endpoint,
  type HeadroomReport,
  type PeakEwma,
  type Strategy,
} from '@skein/resilience'
import { between } from './agenda.ts'
import type { Measurement, SpreadNode } from './spread-node.ts'
import type { SpreadSession } from './workload.ts'

/** Registry, view and poll: a measurement is under way for so long before an edge may hear it. */
const MIN_REPORT_LAG_MS = 50
const MAX_REPORT_LAG_MS = 450

interface Known {
  readonly node: SpreadNode
  readonly readySinceMs: number | undefined
  looksDead: boolean
  connections: number
  inFlight: number
  readonly picks: RecentPicks
  measurement: Measurement | undefined
  report: HeadroomReport | undefined
  rtt: PeakEwma | undefined
}

export interface EdgeOptions {
  readonly balancer: Partial<BalancerOptions>
  /** Otherwise it takes all nodes for equal. */
  readonly knowsWeights: boolean
}

/**
 * A balancer between clients and nodes. It knows the connections that it opened itself, not those of the
 * other edges, and what the nodes said about themselves a while ago.
 */
export class SpreadEdge {
  readonly #strategy: Strategy
  readonly #knowsWeights: boolean
  readonly #random: Random
  readonly #known = new Map<string, Known>()

  constructor({ balancer, knowsWeights }: EdgeOptions, random: Random) {
    this.#strategy = createBalancer(balancer)
    this.#knowsWeights = knowsWeights
    this.#random = random
  }

  /** @param isFresh it came while others serve: slow start */
  meet(node: SpreadNode, nowMs: number, isFresh: boolean): void {
    if (this.#known.has(node.id)) return
    this.#known.set(node.id, {
      node,
      readySinceMs: isFresh ? nowMs : undefined,
      looksDead: false,
      connections: 0,
      inFlight: 0,
      picks: new RecentPicks(REPORT_TTL_MS),
      measurement: undefined,
      report: undefined,
      rtt: undefined,
    })
  }

  /** Reads the cluster's state and pings each node, as each second. */
  poll(nowMs: number): void {
    const lagMs = between(this.#random, MIN_REPORT_LAG_MS, MAX_REPORT_LAG_MS)
    for (const known of this.#known.values()) {
      const { node } = known
      if (known.looksDead || !node.isAlive) continue
      known.rtt = observeRtt(known.rtt, node.handshakeMs(this.#random), nowMs)
      const measurement = node.published(nowMs - lagMs)
      if (measurement === undefined || measurement === known.measurement) continue
      known.measurement = measurement
      const { headroom, sessions } = measurement
      // The age that it is told counts from when the answering node heard it, not from the measurement.
      known.report = { headroom, sessions, atMs: measurement.atMs + lagMs }
    }
  }

  pick(session: SpreadSession, nowMs: number): SpreadNode | undefined {
    const request = { nowMs, random: this.#random, key: session.address }
    const picked = this.#strategy.pick(this.#endpoints(), request)
    return picked === undefined ? undefined : this.#known.get(picked.id)?.node
  }

  opening(node: SpreadNode, nowMs: number): void {
    const known = this.#known.get(node.id)
    if (known === undefined) return
    known.connections++
    known.inFlight++
    known.picks.picked(nowMs)
  }

  opened(node: SpreadNode, tookMs: number, nowMs: number): void {
    const known = this.#known.get(node.id)
    if (known === undefined) return
    known.inFlight--
    known.rtt = observeRtt(known.rtt, tookMs, nowMs)
  }

  closed(node: SpreadNode): void {
    const known = this.#known.get(node.id)
    if (known !== undefined) known.connections--
  }

  /** Takes `closed` back. */
  regained(node: SpreadNode): void {
    const known = this.#known.get(node.id)
    if (known !== undefined) known.connections++
  }

  /** It refuses connections, or was away too long. */
  giveUp(node: SpreadNode): void {
    const known = this.#known.get(node.id)
    if (known !== undefined) known.looksDead = true
  }

  #endpoints(): Endpoint[] {
    return [...this.#known.values()].map((known) =>
      endpointOf({
        id: known.node.id,
        weight: this.#knowsWeights ? known.node.capacity : 1,
        state: known.looksDead ? 'draining' : 'healthy',
        connections: known.connections,
        inFlight: known.inFlight,
        sinceReport: known.report === undefined ? 0 : known.picks.since(known.report.atMs),
        report: known.report,
        rtt: known.rtt,
        readySinceMs: known.readySinceMs,
      }),
    )
  }
}
