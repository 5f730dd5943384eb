import { NODE_STATES } from '../../cluster/node-record.ts'
import { gauge, seconds, type MetricDefinition } from './definition.ts'

/** The node, and the cluster as it sees it. */
export const CLUSTER_METRICS: readonly MetricDefinition[] = [
  {
    type: 'gauge',
    name: 'skein_node_info',
    help: 'Always 1: which node this is.',
    labels: ['node', 'version', 'zone', 'region', 'bus'],
    read({ stats, version, own, bus }) {
      if (own === undefined) return []
      const { zone, region } = own
      return [{ value: 1, labels: { node: stats.name, version, zone, region, bus: bus.kind } }]
    },
  },
  gauge('skein_node_uptime_seconds', 'How long this node runs.', ({ stats }) => seconds(stats.upMs)),
  gauge('skein_node_ready', '1 while new clients may come here (/readyz).', ({ health }) => health.ready),
  gauge('skein_node_degraded', '1 while it serves slower or less safely than it should.', ({ health }) => {
    return health.degraded
  }),
  gauge('skein_node_draining', '1 while its clients move to others and it will end.', ({ cluster }) => {
    return cluster === undefined ? undefined : cluster.drain !== null
  }),
  {
    type: 'gauge',
    name: 'skein_cluster_nodes',
    help: 'Nodes that this one knows, itself included, by their state.',
    labels: ['state'],
    read: ({ cluster }) =>
      cluster === undefined
        ? []
        : NODE_STATES.map((state) => {
            const value = cluster.nodes.filter((node) => node.state === state).length
            return { value, labels: { state } }
          }),
  },
  gauge('skein_cluster_reports_missing', 'Nodes whose load report is impossible.', ({ cluster }) => {
    return cluster?.nodes.filter(({ load }) => load === null).length
  }),
  gauge('skein_cluster_view_age_seconds', 'Age of what this node knows of the others.', ({ cluster }) => {
    return seconds(cluster?.viewAgeMs)
  }),
  gauge('skein_rebalance_shedding', '1 while this node gives sessions to others.', ({ cluster }) => {
    return cluster?.rebalance.shedding
  }),
  gauge('skein_rebalance_excess_sessions', 'Sessions above its share; negative below.', ({ cluster }) => {
    return cluster?.rebalance.excess
  }),
]
