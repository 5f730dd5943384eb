export { FAULT_KINDS, type FaultKind } from './fault-kinds.ts'
export {
  runSeed,
  runSim,
  type SeedOutcome,
  type SimOptions,
  type SimProgress,
  type SimReport,
  type SimViolation,
} from './run-sim.ts'
