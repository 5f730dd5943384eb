import { RTT_TTL_MS } from '../peak-ewma.ts'
import { warmWeight, type SlowStart } from '../slow-start.ts'
import type { Strategy } from '../strategy.ts'
import { twoChoices } from '../two-choices.ts'

/**
 * Of two drawn by weight, the one with the smaller round trip × (requests in flight + 1).
 * Source: Finagle, `p2cPeakEwma`.
 */
export const peakEwma = (slowStart: SlowStart): Strategy => ({
  pick: (candidates, request) =>
    twoChoices(candidates, request, {
      weightOf: (endpoint) => warmWeight(endpoint, request.nowMs, slowStart),
      costOf: ({ rtt, inFlight }) =>
        rtt === undefined || request.nowMs - rtt.atMs > RTT_TTL_MS ? undefined : rtt.costMs * (inFlight + 1),
    }),
})
