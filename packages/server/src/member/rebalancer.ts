import { beginDrain, drainTick, type DrainProgress } from '../cluster/drain-plan.ts'
import type { PlanNode } from '../cluster/plan-node.ts'
import {
  BALANCED,
  DEFAULT_REBALANCE,
  rebalanceTick,
  type RebalanceOptions,
  type RebalanceState,
} from '../cluster/rebalance-plan.ts'
import type { Moves } from '../cluster/spread.ts'
import type { MemberNode } from './member-node.ts'
import type { MoveTerms } from './mover.ts'

/** After somebody came or went: returning clients find their places first, and reports catch up. */
const QUIET_MS = 3_000
/** What a client has to follow; it begins within the first quarter. */
const WITHIN_MS = 8_000
/** A node that cannot serve well lets its clients go over this time; most such faults are shorter. */
const EVACUATION = { windowMs: 10_000, budgetPerSecond: 400 }

export interface RebalancerOptions {
  readonly node: Pick<MemberNode, 'sessionCount' | 'leavingCount'>
  readonly selfId: string
  readonly move: (moves: Moves, terms: MoveTerms) => number
  readonly plan?: RebalanceOptions
}

export interface RebalanceMoment {
  readonly nodes: readonly PlanNode[]
  readonly nowMs: number
  readonly elapsedMs: number
}

/**
 * Sheds what this node has above its fair share, or everybody while it cannot serve well. The decisions
 * are in `rebalance-plan.ts` and `drain-plan.ts`.
 */
export class Rebalancer {
  readonly #options: RebalancerOptions
  #state: RebalanceState = BALANCED
  #excess = 0
  #evacuation: DrainProgress | undefined
  #waitsUntilMs = 0

  constructor(options: RebalancerOptions) {
    this.#options = options
  }

  get status(): { readonly shedding: boolean; readonly excess: number } {
    return { shedding: this.#state.shedding, excess: Math.round(this.#excess) }
  }

  /** The cluster changed: a new balance is sought only when it is quiet. */
  disturbed(nowMs: number): void {
    this.#waitsUntilMs = nowMs + QUIET_MS
  }

  rest(): void {
    this.#state = BALANCED
    this.#excess = 0
    this.#evacuation = undefined
  }

  /** As long as it is called, clients are asked to go to nodes that are ready; they may come again after. */
  evacuate({ nodes, nowMs, elapsedMs }: RebalanceMoment): void {
    const { node, selfId, move } = this.#options
    const progress = this.#evacuation ?? beginDrain(nowMs)
    this.rest()
    const remaining = Math.max(0, node.sessionCount - node.leavingCount)
    const tick = drainTick(EVACUATION, progress, { selfId, nodes, remaining, nowMs, elapsedMs })
    this.#evacuation = tick.progress
    if (tick.moves.size > 0)
      move(tick.moves, { withinMs: WITHIN_MS, reason: 'this node cannot serve well now' })
  }

  tick({ nodes, nowMs, elapsedMs }: RebalanceMoment): void {
    const { node, selfId, move, plan = DEFAULT_REBALANCE } = this.#options
    this.#evacuation = undefined
    if (nowMs < this.#waitsUntilMs) return this.rest()
    const sessions = node.sessionCount - node.leavingCount
    const tick = rebalanceTick(plan, this.#state, { selfId, nodes, sessions, elapsedMs })
    this.#state = tick.state
    this.#excess = tick.excess
    if (tick.moves.size > 0) move(tick.moves, { withinMs: WITHIN_MS, reason: 'another node has more room' })
  }
}
