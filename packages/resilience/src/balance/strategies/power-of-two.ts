import { expectedHeadroom } from '../endpoint.ts'
import { warmWeight, type SlowStart } from '../slow-start.ts'
import type { Strategy } from '../strategy.ts'
import { twoChoices } from '../two-choices.ts'

export interface PowerOfTwoOptions {
  readonly slowStart: SlowStart
  /** A report that is older counts as none, in milliseconds. */
  readonly reportTtlMs: number
}

/**
 * Of two drawn by weight, the one with more headroom; among equals, the one with fewer connections for its
 * weight. An endpoint without a fresh report is given little (`UNKNOWN_WINS`), whatever it once reported.
 */
export const powerOfTwo = ({ slowStart, reportTtlMs }: PowerOfTwoOptions): Strategy => ({
  pick: (candidates, request) =>
    twoChoices(candidates, request, {
      weightOf: (endpoint) => warmWeight(endpoint, request.nowMs, slowStart),
      costOf: (endpoint) => {
        const headroom = expectedHeadroom(endpoint, request.nowMs, reportTtlMs)
        return headroom === undefined ? undefined : 100 - headroom
      },
    }),
})
