import { targetsFor, type PlanNode } from './plan-node.ts'
import { countOf, spread, type Moves } from './spread.ts'

export interface RebalanceOptions {
  /** Migrations per second that this node may ask for. */
  readonly budgetPerSecond: number
  /** Above its fair share by this part of it a node begins to shed. */
  readonly beginAbove: number
  /** It goes on until it is within this part. */
  readonly endWithin: number
  /** Fewer sessions too many are not worth anybody's migration. */
  readonly leastExcess: number
  /**
   * The excess is shed over about this time, so ever slower. It must be several times the age of a view:
   * then what others moved meanwhile is a small part of what is left, and nothing overshoots.
   */
  readonly settleMs: number
}

export const DEFAULT_REBALANCE: RebalanceOptions = {
  budgetPerSecond: 100,
  beginAbove: 0.03,
  endWithin: 0.01,
  leastExcess: 2,
  settleMs: 8_000,
}

export interface RebalanceState {
  readonly shedding: boolean
  readonly carry: number
}

export const BALANCED: RebalanceState = { shedding: false, carry: 0 }

export interface RebalanceQuestion {
  readonly selfId: string
  readonly nodes: readonly PlanNode[]
  /** This node's sessions as they are now, without those that were asked to migrate and have not gone yet. */
  readonly sessions: number
  readonly elapsedMs: number
}

export interface RebalanceTick {
  readonly moves: Moves
  readonly state: RebalanceState
  /** Sessions above this node's fair share; negative below. */
  readonly excess: number
}

/**
 * Each node decides for itself, from a view that is a second or two old, and only about its own
 * sessions: those above its fair share go to the nodes that are below theirs. A proportional controller
 * with a budget and a band between beginning and ending.
 */
export function rebalanceTick(
  options: RebalanceOptions,
  before: RebalanceState,
  { selfId, nodes, sessions, elapsedMs }: RebalanceQuestion,
): RebalanceTick {
  const self = nodes.find(({ id }) => id === selfId)
  const targets = targetsFor(nodes, selfId)
  const none: Moves = new Map()
  if (self?.state !== 'ready' || targets.length === 0) return { moves: none, state: BALANCED, excess: 0 }

  // With this node's sessions as reported: as old as the others' reports, so that nobody is counted twice.
  const perWeight = sessionsPerWeight([self, ...targets])
  const fair = perWeight * self.weight
  const excess = sessions - fair
  const bound = Math.max(
    options.leastExcess,
    fair * (before.shedding ? options.endWithin : options.beginAbove),
  )
  if (excess < bound) return { moves: none, state: BALANCED, excess }

  const deficits = targets.map(({ id, sessions: held, weight }) => {
    return { id, weight: Math.max(0, perWeight * weight - held) }
  })
  const perSecond = Math.min(options.budgetPerSecond, (excess * 1_000) / options.settleMs)
  const exact = before.carry + (perSecond * elapsedMs) / 1_000
  const moves = spread(Math.min(Math.floor(exact), Math.floor(excess)), deficits)
  const carry = Math.min(1, exact - countOf(moves))
  return { moves, state: { shedding: true, carry }, excess }
}

function sessionsPerWeight(nodes: readonly PlanNode[]): number {
  const total = nodes.reduce((sum, { sessions }) => sum + sessions, 0)
  const weights = nodes.reduce((sum, { weight }) => sum + weight, 0)
  return weights > 0 ? total / weights : 0
}
