import { mayDrain } from '../cluster/drain-permit.ts'
import type { PlanNode } from '../cluster/plan-node.ts'
import { DrainError } from './drain-error.ts'

/** What a member does just now. */
export type Phase = 'starting' | 'running' | 'draining' | 'stopping'

export interface DrainCase {
  readonly phase: Phase
  readonly selfId: string
  readonly force: boolean
  readonly nodes: readonly PlanNode[]
}

/** What speaks against beginning a drain. One node after the other; two at once, or the last one, only by force. */
export function drainRefusal({ phase, selfId, force, nodes }: DrainCase): DrainError | undefined {
  const name = nameOf(selfId)
  if (phase === 'draining')
    return new DrainError('alreadyDraining', `${name} is draining already; see skein status.`)
  if (phase !== 'running')
    return new DrainError('notServing', `${name} is ${phase}: it has no clients to move.`)
  const permit = mayDrain(nodes, selfId, force)
  if (!permit.allowed) return new DrainError(permit.reason, permit.message)
  const other = nodes.find(({ id, state, usable }) => id !== selfId && usable && state === 'draining')
  if (other === undefined || force) return undefined
  return new DrainError(
    'anotherDrains',
    `${nameOf(other.id)} is draining. Wait until it has gone, or drain ${name} at the same time with --force.`,
  )
}

/** An id is the name, a dot, and what tells this process from the one before. */
const nameOf = (id: string): string => id.slice(0, id.lastIndexOf('.'))
