export { BENCH_NAMES, runBench, type BenchName, type BenchOptions, type BenchReport } from './bench.ts'
export type { Environment } from './environment.ts'
