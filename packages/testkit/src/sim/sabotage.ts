import type { Health, Store } from '@skein/server'

/** For tests of the simulator itself: a system that breaks promises must be found out. */
export interface Sabotage {
  store?(store: Store): Store
  /** What a node says of itself. */
  health?(health: Health): Health
  /** A node that is told to drain ends without. */
  readonly neverDrains?: boolean
  /** Nothing is too much for its limits. */
  readonly neverLimits?: boolean
  /** Clients take any signature for a good one. */
  readonly believesForged?: boolean
  /** Whoever is turned away hears nothing of it. */
  readonly losesRefused?: boolean
}
