import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fleet, tally } from '../../testing/fleet.ts'
import { endpointOf } from '../endpoint.ts'
import { roundRobin } from './round-robin.ts'

const request = { nowMs: 0, random: seededRandom(1) }

describe('round robin', () => {
  test('after any number of picks nobody has two more than another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(200), (nodes, picks) => {
        const { endpoints } = new Fleet(Array.from({ length: nodes }, () => 1))
        const counts = tally(roundRobin(), endpoints, picks, request)
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('who comes or goes does not make the others wait', () => {
    const strategy = roundRobin()
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => endpointOf({ id }))
    const pick = (...ids: (typeof a)[]) =>
      strategy.pick(
        ids.filter((one) => one !== undefined),
        request,
      )?.id
    while (pick(a, b, c) !== 'a');
    expect([pick(b, c), pick(a, c, d), pick(a, c, d), pick(a, b, d)]).toEqual(['b', 'c', 'd', 'a'])
  })

  test('pickers that start together begin with different ones', () => {
    const { endpoints } = new Fleet([1, 1, 1, 1])
    const firsts = Array.from({ length: 100 }, (_, seed) =>
      roundRobin().pick(endpoints, { nowMs: 0, random: seededRandom(seed) }),
    )
    expect(new Set(firsts.map((one) => one?.id)).size).toBe(4)
  })
})
