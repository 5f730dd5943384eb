import { randomInt, type Random } from '@skein/core'

/** One client's connection, wherever it is at the moment. */
export interface SpreadSession {
  /** Of the client, and the key of strategies that have one: an edge knows nothing else before the token. */
  address: string
  /** What it costs a node, relative to the lightest. */
  readonly cost: number
}

/** Most sessions are light and a few weigh as much as twenty: P(cost = k) ∝ k^-2, Zipf's law, cut off. */
const MAX_COST = 20
const COST_EXPONENT = 2
/** Clients of one network share 8 addresses; the largest network has 2.6 % of all clients. */
const NETWORKS = 4_000
const NETWORK_EXPONENT = 0.7
const ADDRESSES_PER_NETWORK = 8

function zipf(count: number, exponent: number): readonly number[] {
  const weights = Array.from({ length: count }, (_, i) => (i + 1) ** -exponent)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let sum = 0
  return weights.map((weight) => (sum += weight) / total)
}

const COSTS = zipf(MAX_COST, COST_EXPONENT)
const NETWORK_RANKS = zipf(NETWORKS, NETWORK_EXPONENT)

/** From 1. */
function rankOf(cumulative: readonly number[], roll: number): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cumulative[middle] ?? 1) > roll) high = middle
    else low = middle + 1
  }
  return low + 1
}

/** 2.25: what a session costs on average. */
export const MEAN_COST = COSTS.reduce(
  (mean, upTo, i) => mean + (i + 1) * (upTo - (i === 0 ? 0 : (COSTS[i - 1] ?? 0))),
  0,
)

export const drawAddress = (random: Random): string => {
  const network = rankOf(NETWORK_RANKS, random.next())
  const host = 1 + randomInt(random, ADDRESSES_PER_NETWORK)
  return `10.${network >> 8}.${network & 255}.${host}`
}

export const drawSession = (random: Random): SpreadSession => ({
  address: drawAddress(random),
  cost: rankOf(COSTS, random.next()),
})
