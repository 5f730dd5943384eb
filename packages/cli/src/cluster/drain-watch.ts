import type { ClusterStatus, NodeStatus } from '@skein/server'

/** How a drain that is waited for stands, told by what the cluster says of its process. */
export type DrainSight =
  /** `left`: clients that are still there. */
  | { readonly is: 'draining'; readonly left: number }
  /** That process has left; the name may be another process's by now. */
  | { readonly is: 'gone' }
  /** It took up its work again: all nodes drained at once. */
  | { readonly is: 'yielded' }

export const nodeNamed = (status: ClusterStatus, name: string): NodeStatus | undefined =>
  status.nodes.find((node) => node.name === name && node.state !== 'gone')

/** `id`: of the process that was asked. `seen`: whether it was seen draining before. */
export function drainSight({ nodes }: ClusterStatus, id: string, seen: boolean): DrainSight {
  const node = nodes.find((each) => each.id === id)
  if (node === undefined || node.state === 'gone') return { is: 'gone' }
  if (node.state === 'ready' && seen) return { is: 'yielded' }
  return { is: 'draining', left: node.load?.sessions ?? 0 }
}
