import { useCallback, useEffect, useState } from 'react'
import { fetchCluster, killNode } from '../cluster/demo-cluster.ts'
import { rowsAfter, rowsAfterKill, type NodeRow } from '../cluster/node-rows.ts'
import { useNotify } from './useNotices.tsx'

const POLL_MS = 1_000

export interface ClusterSight {
  readonly rows: readonly NodeRow[]
  readonly mayKill: boolean
}

/** The cluster behind this page, asked for each second; undefined where there is none to show. */
export function useCluster(): {
  readonly cluster: ClusterSight | undefined
  readonly kill: (node: string) => void
} {
  const [cluster, setCluster] = useState<ClusterSight | undefined>(undefined)
  const notify = useNotify()

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopped = false
    const look = async (): Promise<void> => {
      try {
        const found = document.hidden ? undefined : await fetchCluster()
        if (found !== undefined && !stopped) {
          setCluster((before) => ({
            mayKill: found.mayKill,
            rows: rowsAfter(before?.rows ?? [], found.nodes, performance.now()),
          }))
        }
      } catch {
        // The node that was asked is gone; the next question goes to another one.
      }
      if (!stopped) timer = setTimeout(() => void look(), POLL_MS)
    }
    void look()
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }, [])

  const kill = useCallback(
    (node: string) => {
      const killed = () =>
        setCluster(
          (before) => before && { ...before, rows: rowsAfterKill(before.rows, node, performance.now()) },
        )
      const refused = () => notify(`${node} could not be killed. Is it there?`)
      // No answer is an answer: the node that took the request may be the one that died.
      killNode(node).then((taken) => (taken ? killed() : refused()), killed)
    },
    [notify],
  )
  return { cluster, kill }
}
