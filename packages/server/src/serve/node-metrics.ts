import type { Runtime } from '@skein/core'
import { DEFAULT_VERSION, type ApiDeps } from '../api/deps.ts'
import type { Bus } from '../bus/bus.ts'
import type { ProcessGauges } from '../cluster/load.ts'
import type { NodeConfig } from '../config/node-config.ts'
import type { ClusterMember } from '../member/cluster-member.ts'
import type { ChatNode } from '../node/chat-node.ts'
import type { Guards } from '../observe/guards.ts'
import { NodeMetrics } from '../observe/metrics/node-metrics.ts'
import type { Health } from '../probe/health.ts'

export interface MetricSources {
  readonly config: Pick<NodeConfig, 'metrics'>
  readonly runtime: Pick<Runtime, 'clock'>
  readonly node: Pick<ChatNode, 'stats'>
  readonly bus: Pick<Bus, 'kind' | 'state' | 'counters'>
  readonly guards: Pick<Guards, 'list'>
  readonly processGauges: Pick<ProcessGauges, 'cpuMs' | 'rssBytes'>
  readonly health: () => Health
  /** A node that listens already may not be a member yet. */
  readonly member: () => Pick<ClusterMember, 'status'> | undefined
}

/** Undefined where metrics are turned off. */
export function metricsOf(sources: MetricSources): ApiDeps['metrics'] {
  const { config, runtime, node, bus, guards, processGauges, health, member } = sources
  if (!config.metrics.enabled) return undefined
  const metrics = new NodeMetrics(runtime.clock, () => {
    const cluster = member()?.status()
    return {
      version: DEFAULT_VERSION,
      stats: node.stats(),
      health: health(),
      bus,
      guards: guards.list(),
      process: {
        cpuMs: processGauges.cpuMs(),
        rssBytes: processGauges.rssBytes(),
        startedAtMs: performance.timeOrigin,
      },
      cluster,
      own: cluster?.nodes.find(({ self }) => self),
    }
  })
  const { key } = config.metrics
  return { read: () => metrics.read(), ...(key !== undefined && { key }) }
}
