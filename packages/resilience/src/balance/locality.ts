import { optionAbove, optionBetween } from '../options.ts'
import { weightedIndex } from './choose.ts'
import { expectedHeadroom, isHealthy, isPresent, type Endpoint } from './endpoint.ts'
import { unitHash } from './rendezvous.ts'
import type { Strategy } from './strategy.ts'

export interface LocalityOptions {
  /** Where whoever picks is. Absent: all endpoints are one level. */
  readonly home?: { readonly zone: string; readonly region: string } | undefined
  /** A level is enough by itself while healthy share × this ≥ 1 (≥ 1). 1.4: until 29 % of it are sick. */
  readonly overprovisioning: number
  /** When there is not enough anywhere, a level of which less than this is healthy uses all (0: never). */
  readonly panicBelow: number
  /** An endpoint with less headroom counts only in part, so that a full zone spills over too, 0–100. */
  readonly fullBelowHeadroom: number
  readonly reportTtlMs: number
}

/** How far away a level is: the same zone, the same region, elsewhere. */
export type Distance = 'zone' | 'region' | 'elsewhere'

/** One level, and what it is given. */
export interface LocalityLevel<E> {
  readonly distance: Distance
  /** Part of all picks, 0–1. The levels' shares sum up to 1. */
  readonly share: number
  /** So few of it are healthy that all are used. */
  readonly panic: boolean
  readonly candidates: readonly E[]
}

const DISTANCES: readonly Distance[] = ['zone', 'region', 'elsewhere']

/**
 * The nearest level first; what it cannot carry spills over to the next. Draining endpoints and those of no
 * weight are left out; ejected ones too, unless their level is in panic: when most look sick it is more
 * likely that the checks are wrong, and the few that are left would break under the load of all.
 * Source: Envoy, "Priority levels" and "Panic threshold" (overprovisioning factor 1.4, threshold 50 %).
 */
export function localityLevels<E extends Endpoint>(
  endpoints: readonly E[],
  nowMs: number,
  options: LocalityOptions,
): LocalityLevel<E>[] {
  const levels = DISTANCES.map((distance) => ({
    distance,
    present: endpoints.filter((one) => isPresent(one) && distanceOf(one, options.home) === distance),
  })).filter(({ present }) => present.length > 0)

  const measured = levels.map(({ distance, present }) => {
    const healthyShare = shareOf(present, (endpoint) => (isHealthy(endpoint) ? 1 : 0))
    const usableShare = shareOf(present, (endpoint) => usability(endpoint, nowMs, options))
    return { distance, present, healthyShare, usableShare, weight: weightOf(present) }
  })
  const enough = (share: number): number => Math.min(1, share * options.overprovisioning)
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const healthy = measured.map(({ healthyShare }) => enough(healthyShare))
  const usable = measured.map(({ usableShare }) => enough(usableShare))
  const isShort = sum(healthy) < 1
  // Nobody has room: by health. Nobody is healthy: by weight.
  const shares =
    sum(usable) > 0
      ? spill(usable)
      : sum(healthy) > 0
        ? spill(healthy)
        : measured.map(({ weight }) => weight / sum(measured.map((level) => level.weight)))
  return measured.map(({ distance, present, healthyShare }, index) => {
    const panic = isShort && healthyShare < options.panicBelow
    return {
      distance,
      share: shares[index] ?? 0,
      panic,
      candidates: panic ? present : present.filter(isHealthy),
    }
  })
}

/** Picks a level, then one of it: each level has a strategy of its own. A key decides for the level too. */
export function localityFirst(strategyOf: () => Strategy, options: LocalityOptions): Strategy {
  optionBetween('overprovisioning', options.overprovisioning, 1, Infinity)
  optionBetween('panicBelow', options.panicBelow, 0, 1)
  optionBetween('fullBelowHeadroom', options.fullBelowHeadroom, 0, 100)
  optionAbove('reportTtlMs', options.reportTtlMs, 0)
  const strategies: Record<Distance, Strategy> = {
    zone: strategyOf(),
    region: strategyOf(),
    elsewhere: strategyOf(),
  }
  return {
    pick(candidates, request) {
      const levels = localityLevels(candidates, request.nowMs, options)
      const { key, random } = request
      const roll = key === undefined ? random : { next: () => unitHash(`level ${key}`) }
      const index = weightedIndex(
        levels.map(({ share }) => share),
        roll,
      )
      const level = index === undefined ? undefined : levels[index]
      return level === undefined ? undefined : strategies[level.distance].pick(level.candidates, request)
    },
  }
}

function distanceOf({ zone, region }: Endpoint, home: LocalityOptions['home']): Distance {
  if (home === undefined) return 'zone'
  if (region !== home.region) return 'elsewhere'
  return zone === home.zone ? 'zone' : 'region'
}

function usability(endpoint: Endpoint, nowMs: number, options: LocalityOptions): number {
  if (!isHealthy(endpoint)) return 0
  const headroom = expectedHeadroom(endpoint, nowMs, options.reportTtlMs)
  if (headroom === undefined || headroom >= options.fullBelowHeadroom) return 1
  return headroom / options.fullBelowHeadroom
}

const weightOf = (endpoints: readonly Endpoint[]): number =>
  endpoints.reduce((total, { weight }) => total + weight, 0)

/** Part of the level's weight, 0–1. */
const shareOf = (endpoints: readonly Endpoint[], partOf: (endpoint: Endpoint) => number): number =>
  endpoints.reduce((total, endpoint) => total + endpoint.weight * partOf(endpoint), 0) / weightOf(endpoints)

/** Each level takes what it can carry of what is left; together short of 1, all take in proportion. */
function spill(capacities: readonly number[]): number[] {
  const total = Math.min(
    1,
    capacities.reduce((sum, capacity) => sum + capacity, 0),
  )
  let left = 1
  return capacities.map((capacity) => {
    const taken = Math.min(left, capacity / total)
    left -= taken
    return taken
  })
}
