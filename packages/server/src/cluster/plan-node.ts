import { freshReport } from './fresh-report.ts'
import type { NodeState } from './node-record.ts'
import { reachable, type View } from './view.ts'

/** What a node said or answered longer ago tells nothing about now. */
const SIGN_FRESH_MS = 5_000

/** What plans need of a node. */
export interface PlanNode {
  readonly id: string
  readonly state: NodeState
  /** It reported something possible a moment ago, or answers while the registry is away. */
  readonly usable: boolean
  readonly sessions: number
  /** 0 while its report is too old to attract anybody. */
  readonly headroom: number
  /** Share of the sessions that it should have, relative to the others: 1 unless machines differ. */
  readonly weight: number
}

export function planNodesOf(view: View, nowMs: number): readonly PlanNode[] {
  return [...view.members.values()].map((member) => {
    const { id, state, load, weight } = member.record
    const signAtMs = Math.max(member.heardAtMs, member.answeredAtMs ?? 0)
    const usable = load !== null && reachable(member) && nowMs - signAtMs <= SIGN_FRESH_MS
    const headroom = freshReport(member, nowMs)?.headroom ?? 0
    return { id, state, usable, sessions: load?.sessions ?? 0, headroom, weight }
  })
}

/** The nodes that sessions may be moved to. */
export const targetsFor = (nodes: readonly PlanNode[], selfId: string): readonly PlanNode[] =>
  nodes.filter(({ id, state, usable }) => id !== selfId && state === 'ready' && usable)
