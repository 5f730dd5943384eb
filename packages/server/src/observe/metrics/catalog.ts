import { BUS_METRICS } from './bus.ts'
import { CLUSTER_METRICS } from './cluster.ts'
import type { MetricDefinition } from './definition.ts'
import { GUARD_METRICS } from './guards.ts'
import { LOAD_METRICS } from './load.ts'
import { PROCESS_METRICS } from './process.ts'
import { TRAFFIC_METRICS } from './traffic.ts'

export interface MetricGroup {
  readonly title: string
  readonly metrics: readonly MetricDefinition[]
}

/** All that a node tells Prometheus. */
export const METRIC_GROUPS: readonly MetricGroup[] = [
  { title: 'Node and cluster', metrics: CLUSTER_METRICS },
  { title: 'Load and headroom', metrics: LOAD_METRICS },
  { title: 'Clients, sends and deliveries', metrics: TRAFFIC_METRICS },
  { title: 'Guards', metrics: GUARD_METRICS },
  { title: 'Bus', metrics: BUS_METRICS },
  { title: 'Process', metrics: PROCESS_METRICS },
]
