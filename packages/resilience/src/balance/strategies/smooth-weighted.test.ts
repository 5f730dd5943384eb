import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fleet, tally } from '../../testing/fleet.ts'
import { DEFAULT_SLOW_START } from '../slow-start.ts'
import { smoothWeighted } from './smooth-weighted.ts'

const request = { nowMs: 0, random: seededRandom(1) }
const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 })

describe('smooth weighted round robin', () => {
  test('gives everybody exactly its weight in each round', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 3 }), (weights, rounds) => {
        const total = weights.reduce((a, b) => a + b, 0)
        const counts = tally(
          smoothWeighted(DEFAULT_SLOW_START),
          new Fleet(weights).endpoints,
          rounds * total,
          request,
        )
        expect(counts).toEqual(weights.map((weight) => weight * rounds))
      }),
      { numRuns: 50 },
    )
  })

  test('never gives anybody one more than its fair share, whatever the weights', () => {
    const fractions = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(fractions, fc.nat(200), (weights, picks) => {
        const total = weights.reduce((a, b) => a + b, 0)
        const counts = tally(smoothWeighted(DEFAULT_SLOW_START), new Fleet(weights).endpoints, picks, request)
        for (const [i, count] of counts.entries()) {
          expect(count).toBeLessThan((picks * (weights[i] ?? 0)) / total + 1 + 1e-9)
        }
      }),
    )
  })

  test('spreads the picks of a heavy one over the round, as nginx tells of 5, 1, 1', () => {
    const strategy = smoothWeighted(DEFAULT_SLOW_START)
    const { endpoints } = new Fleet([5, 1, 1])
    const picks = Array.from({ length: 7 }, () => strategy.pick(endpoints, request)?.id).join(' ')
    expect(picks).toBe('n0 n0 n1 n0 n2 n0 n0')
  })
})
