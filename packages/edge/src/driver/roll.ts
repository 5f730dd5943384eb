import { bracketed } from '../builtin/ip-address.ts'
import { SPEAKS_FOR_MS } from '../balance/member-changes.ts'
import type { ClusterAnswer } from '../cluster/cluster-answer.ts'
import type { EdgeNode } from '../cluster/edge-node.ts'

/** Who is listed, and who was and is no longer: the latter are asked themselves before they are forgotten. */
export interface Roll {
  readonly listed: readonly EdgeNode[]
  readonly missing: readonly EdgeNode[]
}

/**
 * Two witnesses send a node away: a fresh view of the cluster does not list it, and it does not answer
 * itself. A view that is old speaks for nobody who is missing in it.
 */
export function rollOf(known: readonly EdgeNode[], { nodes, viewAgeMs }: ClusterAnswer): Roll {
  const names = new Set(nodes.map(({ name }) => name))
  const absent = known.filter(({ name }) => !names.has(name))
  return viewAgeMs <= SPEAKS_FOR_MS
    ? { listed: nodes, missing: absent }
    : { listed: [...nodes, ...absent], missing: [] }
}

const READY_TIMEOUT_MS = 400

export async function answersItself({ host, port }: EdgeNode): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(READY_TIMEOUT_MS)
    const response = await fetch(`http://${bracketed(host)}:${port}/readyz`, { signal })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
