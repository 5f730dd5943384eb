import type { PlanNode } from './plan-node.ts'
import { targetsFor } from './plan-node.ts'

export type DrainPermit =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: 'lastReadyNode'; readonly message: string }

/** Whether a drain may begin. The last ready node drains only when told to by force. */
export function mayDrain(nodes: readonly PlanNode[], selfId: string, force: boolean): DrainPermit {
  if (force || targetsFor(nodes, selfId).length > 0) return { allowed: true }
  return {
    allowed: false,
    reason: 'lastReadyNode',
    message:
      'This is the last ready node: draining it leaves its clients nowhere to go. Start another first, or drain with --force.',
  }
}

/**
 * Nodes that begin to drain in the same moment each saw the other ready. Once their announcements are
 * seen, and nobody is ready any more, exactly one of them goes back to work: the one whose id sorts
 * last. It is asked on every tick of a drain that was not forced.
 */
export function mustYieldDrain(nodes: readonly PlanNode[], selfId: string): boolean {
  const usable = nodes.filter((node) => node.usable || node.id === selfId)
  if (usable.some(({ id, state }) => id !== selfId && state === 'ready')) return false
  return usable.every(({ id, state }) => id === selfId || state !== 'draining' || id < selfId)
}
