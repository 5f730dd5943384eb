import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fleet } from '../../testing/fleet.ts'
import { endpointOf } from '../endpoint.ts'
import { DEFAULT_SLOW_START } from '../slow-start.ts'
import { consistentHash, DEFAULT_BALANCE_FACTOR } from './consistent-hash.ts'

const random = seededRandom(1)
const of = (balanceFactor = DEFAULT_BALANCE_FACTOR) =>
  consistentHash({ slowStart: DEFAULT_SLOW_START, balanceFactor })
const weights = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 8 })

function places(fleet: Fleet, keys: readonly string[]): (string | undefined)[] {
  const strategy = of()
  return keys.map((key) => fleet.arrive(strategy, { nowMs: 0, random, key }))
}

describe('consistent hash with bounded load', () => {
  test('never gives anybody more than ⌈factor × its fair share⌉, also when all come with one key', () => {
    const keys = fc.array(fc.constantFrom('hot', 'warm', 'x', 'y', 'z'), { minLength: 1, maxLength: 150 })
    const factors = fc.double({ min: 1.01, max: 3, noNaN: true })
    fc.assert(
      fc.property(weights, keys, factors, (weights, keys, factor) => {
        const fleet = new Fleet(weights)
        const strategy = of(factor)
        const total = weights.reduce((a, b) => a + b, 0)
        for (const key of keys) expect(fleet.arrive(strategy, { nowMs: 0, random, key })).toBeDefined()
        for (const [i, count] of fleet.counts.entries()) {
          expect(count).toBeLessThanOrEqual(Math.ceil((factor * keys.length * (weights[i] ?? 0)) / total))
        }
      }),
    )
  })

  test('the same key goes to the same endpoint while that one has room', () => {
    fc.assert(
      fc.property(weights, fc.string(), (weights, key) => {
        const { endpoints } = new Fleet(weights)
        const request = { nowMs: 0, random, key }
        expect(of().pick(endpoints, request)?.id).toBe(of().pick(endpoints.reverse(), request)?.id)
      }),
    )
  })

  test('when one of n leaves, at most 1/n + 5 % of the keys have another place', () => {
    const keys = Array.from({ length: 4_000 }, (_, i) => `user-${i}`)
    for (const nodes of [2, 4, 8]) {
      const before = places(new Fleet(Array.from({ length: nodes }, () => 1)), keys)
      for (const lost of ['n0', `n${nodes - 1}`]) {
        const fleet = new Fleet(Array.from({ length: nodes }, () => 1))
        fleet.kill(lost)
        const after = places(fleet, keys)
        const moved = after.filter((place, i) => place !== before[i]).length / keys.length
        expect(moved).toBeLessThanOrEqual(1 / nodes + 0.05)
      }
    }
  })

  test('a fresh endpoint is filled no further than its warmth', () => {
    const full = ['a', 'b', 'c'].map((id) => endpointOf({ id, connections: 100 }))
    const fresh = endpointOf({ id: 'x', connections: 20, readySinceMs: 0 })
    for (let i = 0; i < 100; i++) {
      expect(of().pick([...full, fresh], { nowMs: 0, random, key: `k${i}` })?.id).not.toBe('x')
    }
  })

  test('refuses a factor of 1: nobody would have room', () => {
    expect(() => of(1)).toThrow('balanceFactor must be above 1, got 1')
  })
})
