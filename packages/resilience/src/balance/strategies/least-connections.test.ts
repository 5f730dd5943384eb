import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fleet, tally } from '../../testing/fleet.ts'
import { endpointOf } from '../endpoint.ts'
import { DEFAULT_SLOW_START } from '../slow-start.ts'
import { leastConnections, weightedLeastConnections } from './least-connections.ts'

const random = seededRandom(1)
const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 10 })

describe('least connections', () => {
  test('fills up evenly: nobody has two more than another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.nat(100), (nodes, sessions) => {
        const fleet = new Fleet(Array.from({ length: nodes }, () => 1))
        const strategy = leastConnections(DEFAULT_SLOW_START)
        for (let i = 0; i < sessions; i++) fleet.arrive(strategy, { nowMs: 0, random })
        expect(Math.max(...fleet.counts) - Math.min(...fleet.counts)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('picks among equals at random: pickers that see the same do not all meet at the first', () => {
    const counts = tally(leastConnections(DEFAULT_SLOW_START), new Fleet([1, 1, 1]).endpoints, 900, {
      nowMs: 0,
      random,
    })
    for (const count of counts) expect(count).toBeGreaterThan(200)
  })
})

describe('weighted least connections', () => {
  test('fills up by weight: nobody gets less than its fair share rounded down, or more than fair × (1 + n/m)', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 200 }), (weights, sessions) => {
        const fleet = new Fleet(weights)
        const strategy = weightedLeastConnections(DEFAULT_SLOW_START)
        for (let i = 0; i < sessions; i++) fleet.arrive(strategy, { nowMs: 0, random })
        const total = weights.reduce((a, b) => a + b, 0)
        for (const [i, count] of fleet.counts.entries()) {
          const fair = (sessions * (weights[i] ?? 0)) / total
          expect(count).toBeGreaterThanOrEqual(Math.floor(fair + 1e-9))
          expect(count).toBeLessThanOrEqual(fair * (1 + weights.length / sessions) + 1e-9)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('a fresh endpoint with no connections is not given everything', () => {
    const fresh = endpointOf({ id: 'fresh', readySinceMs: 0 })
    const warm = ['a', 'b', 'c'].map((id) => endpointOf({ id, connections: 1_000 }))
    const share = (nowMs: number) =>
      (tally(weightedLeastConnections(DEFAULT_SLOW_START), [...warm, fresh], 2_000, { nowMs, random })[3] ??
        0) / 2_000
    expect(share(0)).toBeLessThan(0.13)
    expect(share(15_000)).toBeLessThan(0.55)
    expect(share(30_000)).toBe(1)
  })
})
