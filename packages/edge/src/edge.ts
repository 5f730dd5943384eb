import type { Runtime } from '@skein/core'
import {
  DEFAULT_BALANCER,
  type BalancerOptions,
  type LocalityOptions,
  type OutlierOptions,
  type SlowStart,
  type StrategyName,
} from '@skein/resilience'
import { NodePool, type PoolEvent } from './balance/node-pool.ts'
import type { Member } from './balance/pooled-node.ts'
import type { NodeSnapshot } from './balance/snapshot.ts'
import type { EdgeLimits } from './builtin/edge-limits.ts'
import { startEdgeServer, type EdgeServer } from './builtin/edge-server.ts'
import { bracketed } from './builtin/ip-address.ts'
import { ReadinessChecks } from './builtin/readiness-checks.ts'
import { askOverHttp, ClusterFollower } from './cluster/cluster-follower.ts'
import { startAdminServer, type AdminServer } from './metrics/admin-server.ts'
import { EdgeMetrics } from './metrics/edge-metrics.ts'

export interface EdgeOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly runtime: Runtime
  /** `power-of-two` unless told. */
  readonly strategy?: StrategyName
  /** Where this edge is: nodes that are near come first. */
  readonly home?: NonNullable<LocalityOptions['home']>
  readonly slowStart?: SlowStart
  readonly outlier?: Partial<OutlierOptions>
  readonly limits?: Partial<EdgeLimits>
  /** Tells nodes who the client is; they must trust this edge. */
  readonly proxyProtocol?: boolean
  /** Asks the cluster for loads and states; without it nodes are as they look from here. */
  readonly cluster?: ClusterSource
  /** Where `/metrics` and `/status` are; nowhere unless told. */
  readonly admin?: { readonly host: string; readonly port: number }
  readonly onEvent?: (event: EdgeEvent) => void
}

export interface ClusterSource {
  readonly operatorKey: string
  /** Nodes to ask before any is known. */
  readonly urls: readonly string[]
  /** Whether the cluster says who is there; else whoever started the nodes does, with `add` and `remove`. */
  readonly membership: boolean
}

export type EdgeEvent =
  | PoolEvent
  /** Nobody tells who is there; what was known is kept. Told once, until somebody does again. */
  | { readonly kind: 'clusterSilent'; readonly why: unknown }
  | { readonly kind: 'clusterBack' }

export interface EdgeStatus {
  readonly strategy: StrategyName
  readonly connections: number
  readonly limits: EdgeLimits
  /** Since the cluster last told who is there; null: never, or it is not asked. */
  readonly clusterAgeMs: number | null
  readonly nodes: readonly NodeSnapshot[]
}

/** A built-in balancer that runs. */
export interface Edge {
  readonly port: number
  readonly adminPort: number | undefined
  /** A node listens, from now on. */
  add(node: Member): void
  /** Its process is gone. */
  remove(name: string): void
  status(): EdgeStatus
  /** In the text format of Prometheus. */
  metrics(): Promise<string>
  close(windowMs?: number): Promise<void>
}

/**
 *   clients ──▶ server ──▶ pool: who takes it? ──▶ nodes
 *                           ▲   ▲        ▲
 *              cluster follower │     how it went
 *              (loads, states)  └── readiness checks
 *
 * @throws OptionError for an option that makes no sense, by its name and value.
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const parts = partsOf(options)
  const { pool, metrics } = parts
  const { host, port, runtime, limits, proxyProtocol, admin } = options
  const server = await startEdgeServer(host, port, {
    pool,
    runtime,
    witness: metrics,
    ...(limits !== undefined && { limits }),
    ...(proxyProtocol !== undefined && { proxyProtocol }),
  })
  parts.server = server
  const status = (): EdgeStatus => statusOf(parts, server, options.strategy)
  let adminServer: AdminServer | undefined
  try {
    if (admin !== undefined)
      adminServer = await startAdminServer({ ...admin, registry: metrics.registry, status })
  } catch (error) {
    await server.close()
    throw error
  }
  const checks = new ReadinessChecks(pool, runtime)
  checks.start()
  const follower = followerOf(options, parts)
  await follower?.start()
  return {
    port: server.port,
    adminPort: adminServer?.port,
    add: (node) => pool.add(node),
    remove: (name) => pool.remove(name),
    status,
    metrics: () => metrics.registry.metrics(),
    async close(windowMs) {
      await server.close(windowMs)
      await Promise.all([follower?.stop(), checks.stop(), adminServer?.close()])
    },
  }
}

interface Parts {
  readonly pool: NodePool
  readonly metrics: EdgeMetrics
  /** How long ago the cluster told who is there. */
  readonly clusterAgeMs: () => number | undefined
  readonly onTold: () => void
  /** Absent until it listens. */
  server: EdgeServer | undefined
}

function partsOf(options: EdgeOptions): Parts {
  const { clock, random } = options.runtime
  let toldAtMs: number | undefined
  const parts: Parts = {
    pool: new NodePool({
      clock,
      random,
      balancer: balancerOf(options),
      ...(options.outlier !== undefined && { outlier: options.outlier }),
      onEvent: (event) => {
        parts.metrics.happened(event)
        options.onEvent?.(event)
      },
    }),
    metrics: new EdgeMetrics(
      {
        connections: () => parts.server?.connections ?? 0,
        maxConnections: () => parts.server?.limits.maxConnections ?? 0,
        nodes: () => parts.pool.snapshot(),
        clusterAgeMs: () => parts.clusterAgeMs(),
      },
      clock,
    ),
    clusterAgeMs: () => (toldAtMs === undefined ? undefined : clock.monotonicMs() - toldAtMs),
    onTold: () => (toldAtMs = clock.monotonicMs()),
    server: undefined,
  }
  return parts
}

function followerOf(
  { cluster, runtime, onEvent = () => undefined }: EdgeOptions,
  { pool, onTold }: Parts,
): ClusterFollower | undefined {
  if (cluster === undefined) return undefined
  let isSilent = false
  return new ClusterFollower({
    urls: () => [...pool.all().map(({ host, port }) => `http://${bracketed(host)}:${port}`), ...cluster.urls],
    ask: askOverHttp(cluster.operatorKey),
    runtime,
    onAnswer: (answer) => {
      onTold()
      pool.learn(answer, { membership: cluster.membership })
      if (isSilent) onEvent({ kind: 'clusterBack' })
      isSilent = false
    },
    onSilence: (why) => {
      if (!isSilent) onEvent({ kind: 'clusterSilent', why })
      isSilent = true
    },
  })
}

function balancerOf({ strategy, home, slowStart }: EdgeOptions): Partial<BalancerOptions> {
  return {
    ...(strategy !== undefined && { strategy }),
    ...(home !== undefined && { home }),
    ...(slowStart !== undefined && { slowStart }),
  }
}

const statusOf = (
  { pool, clusterAgeMs }: Parts,
  server: EdgeServer,
  strategy: StrategyName = DEFAULT_BALANCER.strategy,
): EdgeStatus => {
  const ageMs = clusterAgeMs()
  return {
    strategy,
    connections: server.connections,
    limits: server.limits,
    clusterAgeMs: ageMs === undefined ? null : Math.round(ageMs),
    nodes: pool.snapshot(),
  }
}
