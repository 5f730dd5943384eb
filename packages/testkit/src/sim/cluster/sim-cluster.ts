import type { SimBus } from './sim-bus.ts'
import type { SimRegistry } from './sim-registry.ts'
import type { NodeLimits } from '@skein/server'
import type { AnswerLog } from '../answer-log.ts'
import type { SimDispatch } from '../dispatch/sim-dispatch.ts'
import type { SimLimits } from '../limits/sim-limits.ts'
import type { SimNode } from '../sim-node.ts'

/** What makes several nodes one service. */
export interface SimCluster {
  readonly bus: SimBus
  readonly registry: SimRegistry
  readonly limits: SimLimits
  readonly dispatch: SimDispatch | undefined
  readonly nodeLimits: NodeLimits
  /** Where it is watched whether every send is answered. */
  readonly answers: AnswerLog | undefined
  /** How clients come to the nodes: each by a URL of its own, or all by one in front of them. */
  readonly access: 'direct' | 'front'
  /** Whether a process answers another one that asks it directly. */
  readonly reach: (id: string) => Promise<boolean>
}

export const FRONT_URL = 'sim://front'

/** A plain proxy: where the hint says if somebody listens there, else to the ready node with the fewest sessions. */
export function chooseNode(nodes: readonly SimNode[], hint: string | undefined): string {
  const listening = nodes.filter(({ listens }) => listens)
  const hinted = listening.find(({ name }) => name === hint)
  const ready = listening.filter((node) => node.health?.ready === true)
  const [first, ...others] = ready.length > 0 ? ready : listening
  if (hinted !== undefined) return hinted.address
  if (first === undefined) return 'sim://nobody'
  return others.reduce((least, node) => (node.sessions < least.sessions ? node : least), first).address
}
