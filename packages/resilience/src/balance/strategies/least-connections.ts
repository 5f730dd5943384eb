import { cheapest } from '../choose.ts'
import { isPresent, type Endpoint } from '../endpoint.ts'
import { warmth, type SlowStart } from '../slow-start.ts'
import type { PickRequest, Strategy } from '../strategy.ts'

/** The one with the fewest connections (HAProxy `leastconn`, LVS `lc`), whatever its weight. */
export const leastConnections = (slowStart: SlowStart): Strategy => ({
  pick: (candidates, request) => leastOccupied(candidates, request, slowStart, () => 1),
})

/**
 * The one that would have the fewest connections for its weight with one more (LVS `wlc`, nginx
 * `least_conn`). Filling up from nothing this is D'Hondt's method: nobody gets less than its fair share
 * rounded down.
 */
export const weightedLeastConnections = (slowStart: SlowStart): Strategy => ({
  pick: (candidates, request) => leastOccupied(candidates, request, slowStart, ({ weight }) => weight),
})

/**
 * A fresh endpoint has no connections and would be given every one until it has caught up. So while it
 * warms up it is passed over with the chance 1 − warmth, and never filled above warmth × its share.
 */
function leastOccupied<E extends Endpoint>(
  candidates: readonly E[],
  { nowMs, random }: PickRequest,
  slowStart: SlowStart,
  weightOf: (endpoint: Endpoint) => number,
): E | undefined {
  const occupancy = (endpoint: E): number =>
    isPresent(endpoint)
      ? (endpoint.connections + 1) / (weightOf(endpoint) * warmth(endpoint, nowMs, slowStart))
      : Infinity
  const best = cheapest(candidates, random, occupancy)
  if (best === undefined) return undefined
  const warm = warmth(best, nowMs, slowStart)
  if (warm === 1 || random.next() < warm) return best
  const others = candidates.filter((candidate) => warmth(candidate, nowMs, slowStart) === 1)
  return cheapest(others, random, occupancy) ?? best
}
