import fc from 'fast-check'
import { STRATEGY_NAMES, type StrategyName } from '@skein/resilience'
import { describe, expect, test } from 'vitest'
import { endpointAt } from '../testing/fake-dispatch.ts'
import { ranked, type RankInput } from './ranking.ts'

const CLIENTS = 1_000

const input = (fields: Partial<RankInput>): RankInput => ({
  endpoints: [],
  strategy: 'power-of-two',
  home: undefined,
  rtt: new Map(),
  ill: new Set(),
  key: 'ann',
  nowMs: 0,
  seed: 1,
  ...fields,
})

/** How many of 1,000 clients choose each, as a part of what would be fair by weight. */
function spread(strategy: StrategyName, fields: Partial<RankInput>, place = 0): Map<string, number> {
  const endpoints = fields.endpoints ?? []
  const total = endpoints.reduce((sum, { weight }) => sum + weight, 0)
  const parts = new Map(endpoints.map(({ url }) => [url, 0]))
  for (let seed = 0; seed < CLIENTS; seed++) {
    const url = ranked(input({ ...fields, strategy, seed: seed * 7_919, key: `user ${seed}` }))[place] ?? ''
    parts.set(url, (parts.get(url) ?? 0) + 1)
  }
  for (const { url, weight } of endpoints) parts.set(url, ((parts.get(url) ?? 0) / CLIENTS / weight) * total)
  return parts
}

const eight = Array.from({ length: 8 }, (_, i) => endpointAt(`n${i}`))

describe.each(STRATEGY_NAMES)('%s', (strategy) => {
  test('1,000 clients with one list do not meet: each of 8 equal endpoints has between 0.7 and 1.3 of fair', () => {
    for (const part of spread(strategy, { endpoints: eight }).values()) {
      expect(part).toBeGreaterThan(0.7)
      expect(part).toBeLessThan(1.3)
    }
  })

  test('of two, neither is taken by all', () => {
    const two = [endpointAt('x', { headroom: 80 }), endpointAt('y', { headroom: 78 })]
    for (const part of spread(strategy, { endpoints: two }).values()) expect(part).toBeGreaterThan(0.7)
  })

  test('names each endpoint once, the same for the same seed, and those that are ill last', () => {
    const some = fc.uniqueArray(fc.nat({ max: 20 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(some, fc.nat(), fc.integer({ min: 0, max: 4 }), (names, seed, sick) => {
        const endpoints = names.map((name) => endpointAt(`n${name}`, { weight: 1 + (name % 3) }))
        const ill = new Set(endpoints.slice(0, Math.min(sick, names.length / 4)).map(({ url }) => url))
        const whole = input({ endpoints, strategy, ill, seed })
        const order = ranked(whole)
        expect([...order].sort()).toEqual(endpoints.map(({ url }) => url).sort())
        expect(ranked(whole)).toEqual(order)
        expect(ill.has(order[0] ?? '')).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  test('home first: its zone, then its region, then elsewhere', () => {
    const endpoints = [
      ...eight.slice(0, 3).map((one) => ({ ...one, region: 'us' })),
      ...eight.slice(3, 5).map((one) => ({ ...one, zone: 'b' })),
      ...eight.slice(5),
    ]
    const home = { zone: 'a', region: 'eu' }
    const places = ranked(input({ endpoints, strategy, home })).map((url) => {
      const found = endpoints.find((one) => one.url === url)
      return `${found?.region} ${found?.zone}`
    })
    expect(places).toEqual(['eu a', 'eu a', 'eu a', 'eu b', 'eu b', 'us a', 'us a', 'us a'])
  })
})

describe('what counts', () => {
  const weights = [1, 1, 1, 1, 2, 2, 4, 4]
  const unequal = weights.map((weight, i) => endpointAt(`n${i}`, { weight }))

  test.each(['power-of-two', 'smooth-weighted', 'weighted-least-connections', 'client-ip-hash'] as const)(
    '%s: by weight, within 0.65 and 1.35 of fair',
    (strategy) => {
      for (const part of spread(strategy, { endpoints: unequal }).values()) {
        expect(part).toBeGreaterThan(0.65)
        expect(part).toBeLessThan(1.35)
      }
    },
  )

  test('the second choice, when the first is lost, spreads as well', () => {
    for (const part of spread('power-of-two', { endpoints: eight }, 1).values()) {
      expect(part).toBeGreaterThan(0.7)
      expect(part).toBeLessThan(1.3)
    }
  })

  test('a full node gets less than one that is idle', () => {
    const endpoints = [endpointAt('idle', { headroom: 90 }), endpointAt('full', { headroom: 5 })]
    const parts = spread('power-of-two', { endpoints })
    expect(parts.get('wss://idle/v1/connect')).toBeGreaterThan(1.6)
  })

  test.each(['power-of-two', 'peak-ewma'] as const)('%s: nearer ones, by their round trip', (strategy) => {
    const endpoints = [endpointAt('near'), endpointAt('far')]
    const rtt = new Map(endpoints.map(({ url }, i) => [url, { costMs: i === 0 ? 10 : 200, atMs: 0 }]))
    const near = 'wss://near/v1/connect'
    expect(spread(strategy, { endpoints, rtt }).get(near)).toBeGreaterThan(1.6)
    // What was measured too long ago says nothing.
    expect(spread(strategy, { endpoints, rtt, nowMs: 61_000 }).get(near)).toBeLessThan(1.2)
  })

  test('256 endpoints are ranked', () => {
    const many = Array.from({ length: 256 }, (_, i) => endpointAt(`n${i}`, { headroom: i % 100 }))
    expect(new Set(ranked(input({ endpoints: many }))).size).toBe(256)
  })
})
