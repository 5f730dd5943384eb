import type { ClusterStatus } from '../member/status.ts'
import { agentAnswer } from './agent-answer.ts'

/** The answer of the node whose view this is. */
export function agentAnswerOf({ nodes }: Pick<ClusterStatus, 'nodes'>): string {
  const own = nodes.find(({ self }) => self)
  if (own === undefined) return STARTING
  const { state, reason, weight, load } = own
  const largestWeight = Math.max(...nodes.map((node) => node.weight))
  return agentAnswer({ state, reason, weight, largestWeight, headroom: load?.headroom })
}

export const STARTING = 'down #not ready: it starts\n'
