import type { StrategyName } from '@skein/resilience'
import type { SpreadNode } from './spread-node.ts'
import {
  END_MS,
  JOIN_MS,
  LOSS_MS,
  LOST_NODE,
  SETTLE_MS,
  SpreadSimulation,
  WARM_MS,
  type SpreadRun,
} from './simulate.ts'

const SECOND_MS = 1_000
/** When all clients of the dead node are back. */
const AFTER_LOSS_MS = 5_000
/** Of its fair share, when a newcomer counts as filled. */
const FILLED = 0.9
/** Placements are counted over so long to see a newcomer stampeded. */
const RUSH_WINDOW_MS = 5_000
/** Later its caches are warm, and filling up quickly is good. */
const RUSH_UNTIL_MS = 15_000

/**
 * Fair: what all nodes that are in hold together, parted by capacity. Ratio: what a node holds ÷ what is
 * fair. A newcomer is held against the fair share of all from its first moment, the others against that
 * of all others while it settles (`SETTLE_MS`): strategies place, they do not take away from nodes.
 * Ratios are taken each second from `WARM_MS` to the end, also in the seconds after a node is lost.
 */
export interface SpreadFigures {
  /** The largest ratio of any node in any second; load: sum of the sessions' costs. */
  readonly maxOverFair: number
  /** The same for the number of sessions, whatever they cost. */
  readonly maxSessionsOverFair: number
  /** 99th percentile of the ratios of load, over all nodes and seconds. */
  readonly p99LoadRatio: number
  /** Until the newcomer has 90 % of its fair share, at most until the end. */
  readonly newcomerFillSeconds: number
  /** Largest part of 5 s of placements that it was given in its first 15 s ÷ its part of the capacity. */
  readonly newcomerRush: number
}

/** What losing a node does to those who were not on it. */
export interface MovedFigures {
  /** Of the sessions not on the lost node, those that their edge would place elsewhere 5 s after. */
  readonly movedOnNodeLoss: number
  /** The same when they come back through any edge. */
  readonly movedThroughAnyEdge: number
}

/** The heaviest node's ratio of load, second by second from `WARM_MS`. */
export interface SpreadCourse {
  readonly figures: SpreadFigures
  readonly heaviest: readonly number[]
}

export function spreadOf(run: SpreadRun): SpreadCourse {
  const simulation = new SpreadSimulation(run)
  const newcomer = new Newcomer(simulation)
  const ratios: number[] = []
  const heaviest: number[] = []
  let maxSessions = 0
  for (let atMs = SECOND_MS; atMs <= END_MS; atMs += SECOND_MS) {
    simulation.agenda.runUntil(atMs)
    newcomer.look(atMs)
    if (atMs < WARM_MS) continue
    const now = ratiosOf(simulation.nodes, atMs, ({ load }) => load)
    const sessions = ratiosOf(simulation.nodes, atMs, (node) => node.sessions.size)
    ratios.push(...now)
    heaviest.push(Math.max(...now))
    maxSessions = Math.max(maxSessions, ...sessions)
  }
  const figures = {
    maxOverFair: Math.max(...heaviest),
    maxSessionsOverFair: maxSessions,
    p99LoadRatio: quantile(ratios, 0.99),
    newcomerFillSeconds: newcomer.fillSeconds,
    newcomerRush: newcomer.rush,
  }
  return { figures, heaviest }
}

function ratiosOf(
  nodes: readonly SpreadNode[],
  atMs: number,
  loadOf: (node: SpreadNode) => number,
): number[] {
  const alive = nodes.filter(({ isAlive }) => isAlive)
  const settled = alive.filter(({ joinedAtMs }) => joinedAtMs === 0 || atMs - joinedAtMs >= SETTLE_MS)
  return alive.map((node) => {
    const others = settled.includes(node) ? settled : alive
    const fair = (sum(others, loadOf) * node.capacity) / sum(others, ({ capacity }) => capacity)
    return loadOf(node) / fair
  })
}

/** What becomes of the node that joins. */
class Newcomer {
  readonly #simulation: SpreadSimulation
  readonly #placements: { readonly node: SpreadNode; readonly atMs: number }[] = []
  #filledAtMs: number | undefined
  rush = 0

  constructor(simulation: SpreadSimulation) {
    this.#simulation = simulation
    simulation.onPlaced((node, atMs) => {
      if (atMs >= JOIN_MS && atMs <= JOIN_MS + RUSH_UNTIL_MS) this.#placements.push({ node, atMs })
    })
  }

  get fillSeconds(): number {
    return ((this.#filledAtMs ?? END_MS) - JOIN_MS) / SECOND_MS
  }

  look(nowMs: number): void {
    const alive = this.#simulation.nodes.filter(({ isAlive }) => isAlive)
    const newcomer = alive.find(({ joinedAtMs }) => joinedAtMs > 0)
    if (newcomer === undefined) return
    const part = newcomer.capacity / sum(alive, ({ capacity }) => capacity)
    const held = newcomer.load / sum(alive, ({ load }) => load)
    if (held >= FILLED * part) this.#filledAtMs ??= nowMs
    if (nowMs - JOIN_MS < RUSH_WINDOW_MS || nowMs - JOIN_MS > RUSH_UNTIL_MS) return
    const late = this.#placements.filter(({ atMs }) => atMs > nowMs - RUSH_WINDOW_MS)
    const given = late.filter(({ node }) => node === newcomer).length / late.length
    this.rush = Math.max(this.rush, given / part)
  }
}

/** In a run of its own: asking a strategy may change what it remembers. */
export function movedOnNodeLoss(run: SpreadRun): MovedFigures {
  const simulation = new SpreadSimulation(run)
  const { agenda, edges, places } = simulation
  agenda.runUntil(LOSS_MS - 1)
  const before = [...places].filter(([, { node }]) => node.id !== LOST_NODE)
  agenda.runUntil(LOSS_MS + AFTER_LOSS_MS)
  const stayed = before.filter(([session, place]) => places.get(session) === place)
  const movedShare = (through: (own: Edge, index: number) => Edge | undefined): number => {
    const moved = stayed.filter(([session, { node, edge }], index) => {
      // It comes back: its old connection is no more.
      edge.closed(node)
      const picked = through(edge, index)?.pick(session, agenda.nowMs)
      edge.regained(node)
      return picked !== node
    })
    return moved.length / stayed.length
  }
  return {
    movedOnNodeLoss: movedShare((own) => own),
    movedThroughAnyEdge: movedShare((_, index) => edges[index % edges.length]),
  }
}

type Edge = SpreadSimulation['edges'][number]

export const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))] ?? NaN

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

/** What a balancer is told beside its strategy in each run of the table. */
export const strategyRun = (strategy: StrategyName, seed: number): SpreadRun => ({
  seed,
  balancer: { strategy },
  knowsWeights: true,
})
