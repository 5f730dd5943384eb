import { REPORT_TTL_MS, warmth, endpointOf, type SlowStart } from '@skein/resilience'
import type { EdgeNode } from '../cluster/edge-node.ts'
import type { DesiredServer } from './driver.ts'

/** HAProxy's largest weight. */
export const WEIGHT_MAX = 256
/** A node that takes clients is never left out by rounding: when all are full, somebody must say so to them. */
const LEAST_WEIGHT = 1
/** A node without a believable report: little, never everything. */
const UNKNOWN_HEADROOM = 10

export interface DesiredOptions {
  /** On the clock of the reports. */
  readonly nowMs: number
  /** Where the proxy is. Absent: no node is a backup. */
  readonly home?: { readonly zone: string; readonly region: string } | undefined
  /** For proxies without a slow start of their own: since when a node (by id) is ready; absent: it is warm. */
  readonly slowStart?: { readonly readySinceMs: ReadonlyMap<string, number>; readonly options: SlowStart }
}

/** What a proxy should know of the cluster, by name. Of two processes of one name the newer report counts. */
export function desiredServers(
  nodes: readonly EdgeNode[],
  options: DesiredOptions,
): readonly DesiredServer[] {
  const byName = new Map<string, EdgeNode>()
  for (const node of nodes) {
    const other = byName.get(node.name)
    if (other === undefined || node.heardAtMs > other.heardAtMs) byName.set(node.name, node)
  }
  const unique = [...byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
  const largest = Math.max(0, ...unique.map(({ weight }) => weight).filter(Number.isFinite))
  return unique.map((node) => desired(node, largest, options))
}

function desired(node: EdgeNode, largest: number, options: DesiredOptions): DesiredServer {
  const { name, host, port, zone, region, maxSessions, agentPort } = node
  const state = STATE[node.state]
  return {
    name,
    host,
    port,
    zone,
    region,
    weight: state === 'ready' ? weightOf(node, largest, options) : 0,
    state,
    reason: state === 'ready' ? '' : node.reason,
    backup: options.home !== undefined && (zone !== options.home.zone || region !== options.home.region),
    maxConnections: maxSessions,
    ...(agentPort !== undefined && { agentPort }),
  }
}

const STATE = {
  ready: 'ready',
  draining: 'drain',
  joining: 'maint',
} as const satisfies Record<EdgeNode['state'], DesiredServer['state']>

function weightOf(node: EdgeNode, largest: number, { nowMs, slowStart }: DesiredOptions): number {
  if (!(node.weight > 0) || !Number.isFinite(node.weight)) return 0
  const isHeard = nowMs - node.heardAtMs <= REPORT_TTL_MS
  const headroom = isHeard ? (node.headroom ?? UNKNOWN_HEADROOM) : UNKNOWN_HEADROOM
  const share = (node.weight / largest) * (headroom / 100) * warmthOf(node.id, nowMs, slowStart)
  return Math.max(LEAST_WEIGHT, Math.round(WEIGHT_MAX * share))
}

function warmthOf(id: string, nowMs: number, slowStart: DesiredOptions['slowStart']): number {
  const readySinceMs = slowStart?.readySinceMs.get(id)
  if (slowStart === undefined || readySinceMs === undefined) return 1
  return warmth(endpointOf({ id, readySinceMs }), nowMs, slowStart.options)
}
