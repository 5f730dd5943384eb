import type { ClusterAnswer } from '../cluster/cluster-answer.ts'
import type { EdgeNode } from '../cluster/edge-node.ts'

/** A node that is known here. */
export interface KnownMember {
  readonly id: string | undefined
  readonly name: string
  readonly host: string
  readonly port: number
  /** It answers that it is ready. */
  readonly ready: boolean
}

export interface MemberChanges {
  /** New ones, and other processes in the place of known ones. */
  readonly add: readonly EdgeNode[]
  readonly remove: readonly string[]
}

/** A view that is older speaks for nobody who is missing in it. */
export const SPEAKS_FOR_MS = 5_000

/**
 * What an answer of the cluster changes. Two witnesses send a node away: the cluster does not list it, and
 * it does not answer itself. Either alone may be wrong.
 */
export function memberChanges(known: readonly KnownMember[], answer: ClusterAnswer): MemberChanges {
  const listed = newestByName(answer.nodes)
  const add = [...listed.values()].filter((node) => {
    const before = known.find(({ name }) => name === node.name)
    return before === undefined || !isSameProcess(before, node)
  })
  const isSpoken = answer.viewAgeMs <= SPEAKS_FOR_MS
  const remove = known.filter(({ name, ready }) => isSpoken && !ready && !listed.has(name))
  return { add, remove: remove.map(({ name }) => name) }
}

/** Whether a report is about that very process; without an id its address tells. */
export const isSameProcess = (known: Omit<KnownMember, 'ready'>, node: EdgeNode): boolean =>
  known.name === node.name &&
  known.port === node.port &&
  known.host === node.host &&
  (known.id === undefined || known.id === node.id)

/** For a moment a process and the one that takes its place may both be listed. */
function newestByName(nodes: readonly EdgeNode[]): ReadonlyMap<string, EdgeNode> {
  const newest = new Map<string, EdgeNode>()
  for (const node of nodes) {
    const other = newest.get(node.name)
    if (other === undefined || node.heardAtMs >= other.heardAtMs) newest.set(node.name, node)
  }
  return newest
}
