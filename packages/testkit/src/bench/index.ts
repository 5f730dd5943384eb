export {
  BENCH_NAMES,
  CLUSTER_BENCH_NAMES,
  runBench,
  runClusterBench,
  type BenchName,
  type BenchOptions,
  type BenchReport,
  type ClusterBenchName,
  type ClusterBenchOptions,
  type NodeBenchOptions,
} from './bench.ts'
export type { ClusterTools } from './cluster/cluster-bench.ts'
export type { FrontProxy, ProxiedNode } from './cluster/front-proxy.ts'
export type { Environment } from './environment.ts'
export { FAILOVER_MODES, type FailoverMode } from './failover.ts'
export { NoCpuQuota, whyNoCpuQuota } from './overload/cpu-quota.ts'
export { benchProxy, NoProxies, type ProxyBenchOptions, type ProxyBenchReport } from './proxy/proxy-bench.ts'
export { spreadChart } from './spread/chart.ts'
export { benchSpread, type SpreadOptions, type SpreadReport, type SpreadResult } from './spread/spread.ts'
export { spreadTables } from './spread/tables.ts'
