export { EJECTION_WORDS } from './balance/ejection-words.ts'
export type { NodeSnapshot, SeenState } from './balance/snapshot.ts'
export type { Member } from './balance/pooled-node.ts'
export type { PoolEvent } from './balance/node-pool.ts'
export { DEFAULT_EDGE_LIMITS, type EdgeLimits } from './builtin/edge-limits.ts'
export { readClusterAnswer, type ClusterAnswer } from './cluster/cluster-answer.ts'
export {
  askOverHttp,
  ClusterFollower,
  type AskCluster,
  type ClusterFollowerOptions,
} from './cluster/cluster-follower.ts'
export type { EdgeNode, EdgeNodeState } from './cluster/edge-node.ts'
export type { DesiredServer, DriverEvent, ProxyDriver } from './driver/driver.ts'
export { desiredServers, WEIGHT_MAX, type DesiredOptions } from './driver/desired-servers.ts'
export { startDrivenEdge, type DrivenEdge, type DrivenEdgeOptions } from './driver/driven-edge.ts'
export {
  proxyOptions,
  readProxyOptions,
  type ProxyOptions,
  type ProxyOptionsInput,
} from './driver/proxy-options.ts'
export {
  startEdge,
  type ClusterSource,
  type Edge,
  type EdgeEvent,
  type EdgeOptions,
  type EdgeStatus,
} from './edge.ts'
export { startDriverAdmin, type DriverStatus } from './haproxy/driver-admin.ts'
export { HaproxyDriver, type HaproxyDriverOptions } from './haproxy/haproxy-driver.ts'
export { renderHaproxy, stateFolderOf, type HaproxyFiles } from './haproxy/render.ts'
export { RuntimeApiError, type RuntimeApiReason } from './haproxy/runtime-api.ts'
export { MAP_FILE, prepareFolder, saveTo } from './haproxy/state-files.ts'
export { NginxDriver, type NginxDriverOptions } from './nginx/driver.ts'
export { renderUpstream } from './nginx/render-upstream.ts'
export { renderNginx, UPSTREAM_FILE } from './nginx/render.ts'
export { EDGE_DRIVERS, strategyWarning, type EdgeDriverName } from './strategy-map.ts'
/** What its options are made of. */
export { OptionError, STRATEGY_NAMES, type StrategyName } from '@skein/resilience'
