import { warmWeight, type SlowStart } from '../slow-start.ts'
import type { Strategy } from '../strategy.ts'

/**
 * Smooth weighted round robin: in each round of Σ weights picks everybody has exactly its weight, and never
 * more than one above its fair share on the way; the picks of a heavy one are spread over the round.
 * Source: nginx, `ngx_http_upstream_round_robin` (Maxim Dounin, 2012).
 */
export function smoothWeighted(slowStart: SlowStart): Strategy {
  let credits = new Map<string, number>()
  return {
    pick(candidates, { nowMs }) {
      const next = new Map<string, number>()
      let total = 0
      let best: (typeof candidates)[number] | undefined
      let most = -Infinity
      for (const candidate of candidates) {
        const weight = warmWeight(candidate, nowMs, slowStart)
        if (weight <= 0) continue
        total += weight
        const credit = (credits.get(candidate.id) ?? 0) + weight
        next.set(candidate.id, credit)
        if (credit <= most) continue
        most = credit
        best = candidate
      }
      if (best !== undefined) next.set(best.id, most - total)
      // Who is not among them now loses its credit: it comes back with neither debts nor claims.
      credits = next
      return best
    },
  }
}
