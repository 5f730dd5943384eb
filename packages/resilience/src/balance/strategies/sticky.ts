import { optionAbove, optionBetween } from '../../options.ts'
import { isHealthy } from '../endpoint.ts'
import type { Strategy } from '../strategy.ts'

export interface StickyOptions {
  /** A key that did not come for so long is forgotten, in milliseconds. */
  readonly ttlMs: number
  /** So many keys are remembered; the one that came longest ago goes first. */
  readonly maxKeys: number
}

export const DEFAULT_STICKY: StickyOptions = { ttlMs: 3_600_000, maxKeys: 100_000 }

/**
 * A key goes where it went before while that endpoint is healthy, else where `inner` says, and stays there.
 * Who is steered goes where `inner` says, and stays there. As HAProxy's stick tables. Without a key: `inner`.
 */
export function sticky(inner: Strategy, { ttlMs, maxKeys }: StickyOptions = DEFAULT_STICKY): Strategy {
  optionAbove('sticky.ttlMs', ttlMs, 0)
  optionBetween('sticky.maxKeys', maxKeys, 1, Infinity)
  const places = new Map<string, { readonly id: string; readonly atMs: number }>()
  return {
    pick(candidates, request) {
      const { key, nowMs, steerTo } = request
      if (key === undefined) return inner.pick(candidates, request)
      const place = places.get(key)
      const isKnown = place !== undefined && nowMs - place.atMs <= ttlMs && steerTo === undefined
      const known = isKnown ? place.id : undefined
      const picked =
        candidates.find((candidate) => candidate.id === known && isHealthy(candidate)) ??
        inner.pick(candidates, request)
      // Removed first, so that the map stays in the order of last use.
      places.delete(key)
      if (picked !== undefined) places.set(key, { id: picked.id, atMs: nowMs })
      for (const oldest of places.keys()) {
        if (places.size <= maxKeys) break
        places.delete(oldest)
      }
      return picked
    },
  }
}
