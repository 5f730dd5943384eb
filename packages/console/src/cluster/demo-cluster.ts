import type { ClusterNode } from './node-rows.ts'

/** What `skein up` tells its page of the cluster. */
export interface DemoCluster {
  readonly mayKill: boolean
  readonly nodes: readonly ClusterNode[]
}

/** A node that is paused takes connections and never answers. */
const TIMEOUT_MS = 1_500

/** Rejects when nobody answers; undefined when this server shows no cluster. */
export async function fetchCluster(): Promise<DemoCluster | undefined> {
  const response = await fetch('/demo/cluster', {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    cache: 'no-store',
  })
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`The server does not tell its cluster (HTTP ${response.status})`)
  return readCluster(await response.json().catch(() => undefined))
}

/** Kills its process. Resolves with whether that was taken. */
export async function killNode(node: string): Promise<boolean> {
  const response = await fetch('/demo/cluster/kill', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ node }),
  })
  return response.ok
}

export function readCluster(value: unknown): DemoCluster | undefined {
  if (typeof value !== 'object' || value === null || !('nodes' in value) || !Array.isArray(value.nodes))
    return undefined
  return {
    mayKill: 'mayKill' in value && value.mayKill === true,
    nodes: value.nodes.filter(isNode),
  }
}

const isNode = (value: unknown): value is ClusterNode =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'state' in value &&
  typeof value.state === 'string' &&
  'sessions' in value &&
  typeof value.sessions === 'number' &&
  'sinceMs' in value &&
  typeof value.sinceMs === 'number'
