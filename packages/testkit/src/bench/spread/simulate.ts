import { assert, randomInt, seededRandom, type Random } from '@skein/core'
import { Agenda, between, untilNextMs } from './agenda.ts'
import { SpreadEdge, type EdgeOptions } from './spread-edge.ts'
import { SpreadNode } from './spread-node.ts'
import { drawAddress, drawSession, type SpreadSession } from './workload.ts'

export const CAPACITIES = [1, 1, 1, 1, 2, 2, 4, 4] as const
export const SESSIONS = 4_000
const EDGES = 3

/** All arrive in so long; a while later figures are taken. */
const RAMP_MS = 40_000
export const WARM_MS = 60_000
/** A node of capacity 4 dies: a quarter of everything. */
export const LOSS_MS = 150_000
/** Another of capacity 4 comes. */
export const JOIN_MS = 240_000
/** Until a newcomer is held against the others: nothing moves to it but by clients' coming and going. */
export const SETTLE_MS = 120_000
export const END_MS = 420_000
export const LOST_NODE = 'n7'
const JOINING = { id: 'n8', capacity: 4 }

/** A client stays so long on average, and moves (another network, another edge) so often. */
const MEAN_STAY_MS = 180_000
const MEAN_BETWEEN_MOVES_MS = 120_000
const NEW_ADDRESS_SHARE = 0.5
const MOVE_MS = { from: 200, to: 1_000 }
/** Clients of a dead node come back within this, with jitter. */
const RECONNECT_MS = { from: 50, to: 2_000 }
/** Each edge notices by itself that a node is dead, or that it is there. */
const NOTICE_MS = { from: 100, to: 1_500 }
const CONNECT_TIMEOUT_MS = 250
const SECOND_MS = 1_000

export interface SpreadRun extends EdgeOptions {
  readonly seed: number
}

interface Place {
  readonly node: SpreadNode
  readonly edge: SpreadEdge
}

/** Nodes, edges and clients in virtual time. Until the loss clients do the same whatever the strategy. */
export class SpreadSimulation {
  readonly agenda = new Agenda()
  readonly nodes: SpreadNode[]
  readonly edges: readonly SpreadEdge[]
  readonly places = new Map<SpreadSession, Place>()
  /** One for each matter, so that a strategy's draws do not change what clients do. */
  readonly #clients: Random
  readonly #cluster: Random
  readonly #gone = new WeakSet<SpreadSession>()
  #onPlaced: (node: SpreadNode, nowMs: number) => void = () => {}

  constructor(options: SpreadRun) {
    this.#clients = seededRandom(options.seed)
    this.#cluster = seededRandom(options.seed + 1)
    this.nodes = CAPACITIES.map((capacity, i) => new SpreadNode(`n${i}`, capacity, 0))
    this.edges = Array.from(
      { length: EDGES },
      (_, i) => new SpreadEdge(options, seededRandom(options.seed + 2 + i)),
    )
    for (const edge of this.edges) for (const node of this.nodes) edge.meet(node, 0, false)
    for (const node of this.nodes) this.#report(node)
    for (const edge of this.edges)
      this.agenda.every(SECOND_MS, between(this.#cluster, 0, SECOND_MS), () => edge.poll(this.agenda.nowMs))
    for (let i = 0; i < SESSIONS; i++)
      this.agenda.after(between(this.#clients, 0, RAMP_MS), () => this.#arrive(drawSession(this.#clients)))
    this.#keepArriving()
    this.agenda.after(LOSS_MS, () => this.#lose())
    this.agenda.after(JOIN_MS, () => this.#join())
  }

  onPlaced(listener: (node: SpreadNode, nowMs: number) => void): void {
    this.#onPlaced = listener
  }

  /** Others take the places of those who leave. */
  #keepArriving(): void {
    this.agenda.after(untilNextMs(this.#clients, MEAN_STAY_MS / SESSIONS), () => {
      // While they ramp up there are fewer to leave.
      const isDue = this.#clients.next() < this.agenda.nowMs / RAMP_MS
      if (isDue) this.#arrive(drawSession(this.#clients))
      this.#keepArriving()
    })
  }

  #report(node: SpreadNode): void {
    this.agenda.every(SECOND_MS, between(this.#cluster, 0, SECOND_MS), () => {
      if (node.isAlive) node.measure(this.agenda.nowMs, this.#cluster)
    })
  }

  #arrive(session: SpreadSession): void {
    this.#connect(session)
    this.agenda.after(untilNextMs(this.#clients, MEAN_STAY_MS), () => {
      this.#disconnect(session)
      this.#gone.add(session)
    })
    this.#keepMoving(session)
  }

  #keepMoving(session: SpreadSession): void {
    this.agenda.after(untilNextMs(this.#clients, MEAN_BETWEEN_MOVES_MS), () => {
      if (this.#gone.has(session)) return
      const wait = between(this.#clients, MOVE_MS.from, MOVE_MS.to)
      const isElsewhere = this.#clients.next() < NEW_ADDRESS_SHARE
      if (isElsewhere) session.address = drawAddress(this.#clients)
      this.#disconnect(session)
      this.agenda.after(wait, () => this.#connect(session))
      this.#keepMoving(session)
    })
  }

  #connect(session: SpreadSession): void {
    if (this.#gone.has(session) || this.places.has(session)) return
    const { nowMs } = this.agenda
    const edge = this.edges[randomInt(this.#clients, EDGES)]
    const node = edge?.pick(session, nowMs)
    assert(edge !== undefined && node !== undefined, 'there always is a node to pick')
    if (!node.isAlive) {
      edge.giveUp(node)
      return this.agenda.after(CONNECT_TIMEOUT_MS, () => this.#connect(session))
    }
    const tookMs = node.handshakeMs(this.#cluster)
    edge.opening(node, nowMs)
    node.add(session)
    this.places.set(session, { node, edge })
    this.#onPlaced(node, nowMs)
    this.agenda.after(tookMs, () => edge.opened(node, tookMs, this.agenda.nowMs))
  }

  #disconnect(session: SpreadSession): void {
    const place = this.places.get(session)
    if (place === undefined) return
    this.places.delete(session)
    place.node.remove(session)
    place.edge.closed(place.node)
  }

  #lose(): void {
    const node = this.nodes.find(({ id }) => id === LOST_NODE)
    assert(node !== undefined, `${LOST_NODE} is there`)
    node.isAlive = false
    for (const edge of this.edges)
      this.agenda.after(between(this.#cluster, NOTICE_MS.from, NOTICE_MS.to), () => edge.giveUp(node))
    for (const session of [...node.sessions]) {
      this.#disconnect(session)
      const waitMs = between(this.#clients, RECONNECT_MS.from, RECONNECT_MS.to)
      this.agenda.after(waitMs, () => this.#connect(session))
    }
  }

  #join(): void {
    const node = new SpreadNode(JOINING.id, JOINING.capacity, this.agenda.nowMs)
    this.nodes.push(node)
    this.#report(node)
    for (const edge of this.edges) {
      const noticeMs = between(this.#cluster, NOTICE_MS.from, NOTICE_MS.to)
      this.agenda.after(noticeMs, () => edge.meet(node, this.agenda.nowMs, true))
    }
  }
}
