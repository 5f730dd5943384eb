export { FAULT_KINDS, type FaultKind } from './faults/fault-kinds.ts'
export type { BrokenRule, ViolatingSeed } from './violating-seeds.ts'
export {
  runSeed,
  runSim,
  type SeedOutcome,
  type SimOptions,
  type SimProgress,
  type SimReport,
  type SimViolation,
} from './run-sim.ts'
