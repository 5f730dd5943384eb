import type { Random } from '@skein/core'

/** An index with a chance in proportion to its weight; undefined when all are 0. */
export function weightedIndex(weights: readonly number[], random: Random): number | undefined {
  let rest = 0
  for (const weight of weights) rest += weight
  rest *= random.next()
  let last: number | undefined
  for (const [index, weight] of weights.entries()) {
    if (weight <= 0) continue
    if (rest < weight) return index
    rest -= weight
    last = index
  }
  // Sums of fractions are not exact.
  return last
}

/** The one of least cost; equals at random, or all who pick would meet at the first. Infinity: not this one. */
export function cheapest<T>(items: readonly T[], random: Random, costOf: (item: T) => number): T | undefined {
  let best: T | undefined
  let least = Infinity
  let equals = 0
  for (const item of items) {
    const cost = costOf(item)
    if (cost > least || cost === Infinity) continue
    equals = cost < least ? 1 : equals + 1
    if (equals > 1 && random.next() * equals >= 1) continue
    least = cost
    best = item
  }
  return best
}
