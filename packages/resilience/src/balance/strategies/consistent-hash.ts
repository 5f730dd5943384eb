import { optionAbove } from '../../options.ts'
import { cheapest } from '../choose.ts'
import { isPresent } from '../endpoint.ts'
import { distance } from '../rendezvous.ts'
import { warmWeight, type SlowStart } from '../slow-start.ts'
import type { Strategy } from '../strategy.ts'
import { keyOf } from './client-ip-hash.ts'

export interface ConsistentHashOptions {
  readonly slowStart: SlowStart
  /** Nobody has more than this × its fair share of the connections (> 1). */
  readonly balanceFactor: number
}

export const DEFAULT_BALANCE_FACTOR = 1.25

/**
 * The same key to the same endpoint while that one has room, else to the next nearest to the key that has:
 * at most ⌈factor × fair share⌉ connections each, so that a hot key or an unlucky hash overloads nobody.
 * Source: Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016 (Google; Vimeo's
 * `hash-balance-factor` in HAProxy). Rendezvous order stands for the ring: it needs no table, keeps weights
 * exactly, and what overflows spreads over all instead of onto one neighbour.
 */
export function consistentHash({ slowStart, balanceFactor }: ConsistentHashOptions): Strategy {
  optionAbove('balanceFactor', balanceFactor, 1)
  return {
    pick(candidates, request) {
      const key = keyOf(request)
      const { nowMs, random } = request
      const present = candidates.filter(isPresent)
      let connections = 1
      let weights = 0
      for (const endpoint of present) {
        connections += endpoint.connections
        weights += warmWeight(endpoint, nowMs, slowStart)
      }
      return cheapest(present, random, (endpoint) => {
        const share = warmWeight(endpoint, nowMs, slowStart) / weights
        const isFull = endpoint.connections >= Math.ceil(balanceFactor * connections * share)
        return isFull ? Infinity : distance(key, endpoint.id, endpoint.weight)
      })
    },
  }
}
