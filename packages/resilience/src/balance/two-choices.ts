import { weightedIndex } from './choose.ts'
import type { Endpoint } from './endpoint.ts'
import type { PickRequest } from './strategy.ts'

export interface TwoChoicesRule<E> {
  /** Chance of being looked at, ≥ 0. */
  weightOf(endpoint: E): number
  /** Less is better; undefined: not known (no report, a stale one, never measured). */
  costOf(endpoint: E): number | undefined
}

/**
 * Against an endpoint whose cost is known, one whose cost is not known wins this often: enough to become
 * known, too little to be stampeded. By chance it would win half.
 */
export const UNKNOWN_WINS = 0.1

/**
 * The better of two that are drawn by weight. Nearly as even as looking at all, and picks made from the
 * same old reports do not all meet at the one that looked best.
 * Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001.
 */
export function twoChoices<E extends Endpoint>(
  candidates: readonly E[],
  { random }: PickRequest,
  rule: TwoChoicesRule<E>,
): E | undefined {
  const weights = candidates.map((candidate) => rule.weightOf(candidate))
  const firstIndex = weightedIndex(weights, random)
  if (firstIndex === undefined) return undefined
  weights[firstIndex] = 0
  const secondIndex = weightedIndex(weights, random)
  const first = candidates[firstIndex]
  const second = secondIndex === undefined ? undefined : candidates[secondIndex]
  if (first === undefined || second === undefined) return first

  const [firstCost, secondCost] = [rule.costOf(first), rule.costOf(second)]
  if (firstCost === undefined && secondCost !== undefined)
    return random.next() < UNKNOWN_WINS ? first : second
  if (firstCost !== undefined && secondCost === undefined)
    return random.next() < UNKNOWN_WINS ? second : first
  if (firstCost !== undefined && secondCost !== undefined && firstCost !== secondCost) {
    return firstCost < secondCost ? first : second
  }
  return occupancy(second, rule.weightOf(second)) < occupancy(first, rule.weightOf(first)) ? second : first
}

const occupancy = ({ connections }: Endpoint, weight: number): number => (connections + 1) / weight
