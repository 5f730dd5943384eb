export type { StoreHarness } from './contracts/store-harness.ts'
export * from './history/index.ts'
export * from './sim/index.ts'
export * from './bench/index.ts'
