import type { Clock, Timers } from './clock.ts'
import type { Random } from './random.ts'

/** What a part needs from the world beside network and storage. */
export interface Runtime {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}
