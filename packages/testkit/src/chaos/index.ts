export { hasRedisServer, REDIS_MISSING } from '../cluster-bed/redis-process.ts'
export { runChaos, type ChaosOptions, type ChaosReport } from './run-chaos.ts'
export type { Scenario } from './scenario.ts'
export { SCENARIOS } from './scenarios/index.ts'
