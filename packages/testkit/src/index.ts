export {}
export type { StoreHarness } from './contracts/store-harness.ts'
