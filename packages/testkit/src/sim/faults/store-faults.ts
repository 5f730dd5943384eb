import { unreachable } from '@skein/core'
import type { FaultDice } from './fault-dice.ts'

export const STORE_FAULTS = [
  'storeAway',
  'storeHung',
  'storeDelay',
  'indeterminate',
  'delayedVisibility',
] as const

export type StoreFaultKind = (typeof STORE_FAULTS)[number]

/** Longer than a send may wait for its commit, so that it is committed after it was given up. */
const MOST_HUNG_MS = 12_000

export function strikeStore(fault: StoreFaultKind, dice: FaultDice): void {
  const { conditions, time, faults } = dice.targets
  const lastsMs = dice.between(100, 5_000)
  switch (fault) {
    case 'storeAway':
      conditions.away = true
      time.after(lastsMs, () => (conditions.away = false))
      return
    case 'storeHung':
      conditions.hungUntilMs = time.nowMs + dice.between(500, MOST_HUNG_MS)
      return
    case 'storeDelay':
      faults.add('storeDelay')
      conditions.extraDelayMs = dice.between(20, 2_000)
      time.after(lastsMs, () => (conditions.extraDelayMs = 0))
      return
    case 'delayedVisibility':
      conditions.hiddenShare = 0.5
      time.after(lastsMs, () => (conditions.hiddenShare = 0))
      return
    case 'indeterminate':
      conditions.indeterminateCommitted = 0.4
      conditions.indeterminateNotCommitted = 0.2
      time.after(lastsMs, () => {
        conditions.indeterminateCommitted = 0
        conditions.indeterminateNotCommitted = 0
      })
      return
    default:
      return unreachable(fault)
  }
}
