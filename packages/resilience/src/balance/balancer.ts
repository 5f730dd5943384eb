import { unreachable } from '@skein/core'
import { OptionError } from '../options.ts'
import { isHealthy, REPORT_TTL_MS } from './endpoint.ts'
import { localityFirst, type LocalityOptions } from './locality.ts'
import { checkSlowStart, DEFAULT_SLOW_START, type SlowStart } from './slow-start.ts'
import { clientIpHash } from './strategies/client-ip-hash.ts'
import { consistentHash, DEFAULT_BALANCE_FACTOR } from './strategies/consistent-hash.ts'
import { leastConnections, weightedLeastConnections } from './strategies/least-connections.ts'
import { peakEwma } from './strategies/peak-ewma.ts'
import { powerOfTwo } from './strategies/power-of-two.ts'
import { roundRobin } from './strategies/round-robin.ts'
import { smoothWeighted } from './strategies/smooth-weighted.ts'
import { DEFAULT_STICKY, sticky, type StickyOptions } from './strategies/sticky.ts'
import type { Strategy } from './strategy.ts'

/** As in configuration. `sticky` chooses by power of two first. */
export const STRATEGY_NAMES = [
  'round-robin',
  'smooth-weighted',
  'least-connections',
  'weighted-least-connections',
  'power-of-two',
  'peak-ewma',
  'client-ip-hash',
  'consistent-hash',
  'sticky',
] as const

export type StrategyName = (typeof STRATEGY_NAMES)[number]

export interface BalancerOptions extends LocalityOptions {
  readonly strategy: StrategyName
  readonly slowStart: SlowStart
  /** Of `consistent-hash` (> 1). */
  readonly balanceFactor: number
  readonly sticky: StickyOptions
}

export const DEFAULT_BALANCER: BalancerOptions = {
  strategy: 'power-of-two',
  slowStart: DEFAULT_SLOW_START,
  reportTtlMs: REPORT_TTL_MS,
  balanceFactor: DEFAULT_BALANCE_FACTOR,
  sticky: DEFAULT_STICKY,
  overprovisioning: 1.4,
  panicBelow: 0.5,
  fullBelowHeadroom: 10,
}

/** @throws OptionError that tells the value and the names there are. */
export function strategyName(text: string): StrategyName {
  const name = STRATEGY_NAMES.find((known) => known === text)
  if (name !== undefined) return name
  throw new OptionError(`strategy must be one of ${STRATEGY_NAMES.join(', ')}, got '${text}'`)
}

/** @throws OptionError when the weight of an endpoint in configuration is negative or no number. */
export function checkedWeight(id: string, weight: number): number {
  if (weight >= 0 && weight < Infinity) return weight
  throw new OptionError(`weight of ${id} must be a number of at least 0, got ${weight}`)
}

/**
 * The whole of it: who is steered goes where it was told; of the others, those that stick go where they
 * were; then healthy ones (or all, in panic), nearest first, picked by the strategy.
 * @throws OptionError for an option that makes no sense, by its name and value.
 */
export function createBalancer(options: Partial<BalancerOptions> = {}): Strategy {
  const whole = { ...DEFAULT_BALANCER, ...options }
  checkSlowStart(whole.slowStart)
  const near = steered(localityFirst(() => baseStrategy(whole), whole))
  return whole.strategy === 'sticky' ? sticky(near, whole.sticky) : near
}

function baseStrategy(options: BalancerOptions): Strategy {
  const { strategy, slowStart } = options
  switch (strategy) {
    case 'round-robin':
      return roundRobin()
    case 'smooth-weighted':
      return smoothWeighted(slowStart)
    case 'least-connections':
      return leastConnections(slowStart)
    case 'weighted-least-connections':
      return weightedLeastConnections(slowStart)
    case 'power-of-two':
    case 'sticky':
      return powerOfTwo(options)
    case 'peak-ewma':
      return peakEwma(slowStart)
    case 'client-ip-hash':
      return clientIpHash(slowStart)
    case 'consistent-hash':
      return consistentHash(options)
    default:
      return unreachable(strategy)
  }
}

const steered = (inner: Strategy): Strategy => ({
  pick: (candidates, request) =>
    candidates.find((candidate) => candidate.id === request.steerTo && isHealthy(candidate)) ??
    inner.pick(candidates, request),
})
