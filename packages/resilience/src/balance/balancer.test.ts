import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fleet } from '../testing/fleet.ts'
import { checkedWeight, createBalancer, STRATEGY_NAMES, strategyName } from './balancer.ts'
import { endpointOf, type Endpoint } from './endpoint.ts'

const home = { zone: 'a', region: 'eu' }
const endpoint = fc.record({
  weight: fc.constantFrom(0, 1, 2, 5, NaN, -1, Infinity),
  state: fc.constantFrom<Endpoint['state']>('healthy', 'healthy', 'ejected', 'draining'),
  zone: fc.constantFrom('a', 'b'),
  region: fc.constantFrom('eu', 'us'),
  connections: fc.nat(50),
  readySinceMs: fc.option(fc.nat(60_000), { nil: undefined }),
})
const endpoints = fc
  .array(endpoint, { maxLength: 10 })
  .map((known) => known.map((one, i) => endpointOf({ id: `n${i}`, ...one })))
const key = fc.option(fc.constantFrom('ada', 'bob', 'cyd'), { nil: undefined })

/** By Envoy's definition, all levels taken together and each for itself. */
function mayPanic(all: readonly Endpoint[], picked: Endpoint): boolean {
  const present = all.filter((one) => one.state !== 'draining' && one.weight > 0 && one.weight < Infinity)
  const place = ({ zone, region }: Endpoint): string => (region === 'eu' ? zone : 'elsewhere')
  const healthyShare = (of: readonly Endpoint[]): number => {
    const sum = (some: readonly Endpoint[]): number => some.reduce((total, { weight }) => total + weight, 0)
    return sum(of.filter(({ state }) => state === 'healthy')) / sum(of)
  }
  const levels = [...new Set(present.map(place))].map((name) => present.filter((one) => place(one) === name))
  const capacity = levels.reduce((sum, level) => sum + Math.min(1, 1.4 * healthyShare(level)), 0)
  return capacity < 1 && healthyShare(present.filter((one) => place(one) === place(picked))) < 0.5
}

describe.each(STRATEGY_NAMES)('%s', (strategy) => {
  test('picks nobody who is ejected unless in panic, and never who drains or has no weight', () => {
    fc.assert(
      fc.property(endpoints, fc.array(key, { maxLength: 10 }), fc.integer(), (endpoints, keys, seed) => {
        const balancer = createBalancer({ strategy, home })
        const random = seededRandom(seed)
        for (const key of keys) {
          const picked = balancer.pick(endpoints, { nowMs: 60_000, random, key })
          const present = endpoints.filter(
            ({ weight, state }) => weight > 0 && weight < Infinity && state !== 'draining',
          )
          expect(picked !== undefined).toBe(present.length > 0)
          if (picked === undefined) continue
          expect(present).toContain(picked)
          if (picked.state === 'ejected') expect(mayPanic(endpoints, picked)).toBe(true)
        }
      }),
    )
  })

  test('spreads 1,000 sessions of 1,000 clients over equal nodes within 1.3 of fair', () => {
    const fleet = new Fleet([1, 1, 1, 1, 1, 1, 1, 1], { rtt: { costMs: 20, atMs: 0 } })
    const balancer = createBalancer({ strategy })
    const random = seededRandom(4)
    for (let i = 0; i < 1_000; i++) {
      if (i % 100 === 0) fleet.report(i, 250)
      fleet.arrive(balancer, { nowMs: i, random, key: `10.${i % 50}.${Math.floor(i / 50)}.1` })
    }
    expect(fleet.maxOverFair).toBeLessThan(1.3)
  })

  test('the same calls with the same clock and randomness give the same picks', () => {
    const run = () => {
      const balancer = createBalancer({ strategy })
      const random = seededRandom(7)
      const { endpoints } = new Fleet([1, 2, 3])
      return Array.from(
        { length: 50 },
        (_, i) => balancer.pick(endpoints, { nowMs: i, random, key: `${i % 5}` })?.id,
      )
    }
    expect(run()).toEqual(run())
  })

  test('honours where a client was steered to, while that one is healthy', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => endpointOf({ id })) as [Endpoint, Endpoint, Endpoint]
    const balancer = createBalancer({ strategy })
    const pick = (steerTo: string | undefined, last: Endpoint = c) =>
      balancer.pick([a, b, last], { nowMs: 0, random: seededRandom(1), key: 'ada', steerTo })?.id
    expect([pick('b'), pick('a'), pick('c')]).toEqual(['b', 'a', 'c'])
    expect(pick('c', { ...c, state: 'draining' })).not.toBe('c')
    expect(pick('c', { ...c, state: 'ejected' })).not.toBe('c')
    expect(pick('nobody')).toBeDefined()
  })
})

describe('configuration', () => {
  test('who is steered with a sticky session stays there without the hint', () => {
    const balancer = createBalancer({ strategy: 'sticky' })
    const { endpoints } = new Fleet([1, 1, 1, 1])
    const request = { nowMs: 0, random: seededRandom(1), key: 'ada' }
    const before = balancer.pick(endpoints, request)?.id
    const steerTo = before === 'n0' ? 'n1' : 'n0'
    balancer.pick(endpoints, { ...request, steerTo })
    expect(balancer.pick(endpoints, request)?.id).toBe(steerTo)
  })

  test('an unknown strategy is refused by the value, with those that there are', () => {
    expect(strategyName('peak-ewma')).toBe('peak-ewma')
    expect(() => strategyName('random')).toThrow(/strategy must be one of round-robin, .*, got 'random'/)
  })

  test.each([-1, NaN, Infinity])('a weight of %d is refused', (weight) => {
    expect(() => checkedWeight('node-1', weight)).toThrow(
      `weight of node-1 must be a number of at least 0, got ${weight}`,
    )
  })

  test.each([
    [{ overprovisioning: 0.9 }, 'overprovisioning must be at least 1, got 0.9'],
    [{ panicBelow: 50 }, 'panicBelow must be between 0 and 1, got 50'],
    [{ fullBelowHeadroom: -1 }, 'fullBelowHeadroom must be between 0 and 100, got -1'],
    [{ reportTtlMs: 0 }, 'reportTtlMs must be above 0, got 0'],
    [
      { slowStart: { windowMs: 0, leastShare: 0.1, aggression: 1 } },
      'slowStart.windowMs must be above 0, got 0',
    ],
    [
      { slowStart: { windowMs: 1, leastShare: 2, aggression: 1 } },
      'slowStart.leastShare must be between 0.001 and 1, got 2',
    ],
    [
      { strategy: 'sticky' as const, sticky: { ttlMs: 1, maxKeys: 0 } },
      'sticky.maxKeys must be at least 1, got 0',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => createBalancer(options)).toThrow(message)
  })
})
