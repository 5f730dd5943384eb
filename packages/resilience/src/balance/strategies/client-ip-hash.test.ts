import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fleet } from '../../testing/fleet.ts'
import { DEFAULT_SLOW_START } from '../slow-start.ts'
import { clientIpHash, networkOf } from './client-ip-hash.ts'

const random = seededRandom(1)
const strategy = clientIpHash(DEFAULT_SLOW_START)
const addresses = Array.from({ length: 20_000 }, (_, i) => `10.${i % 100}.${Math.floor(i / 100)}.7`)

describe('client-IP hash', () => {
  test.each([
    ['203.0.113.7', '203.0.113'],
    ['::ffff:203.0.113.7', '203.0.113'],
    ['2001:db8::7', '2001:db8:0:0'],
    ['2001:0DB8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['ada', 'ada'],
  ])('%s is of the network %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  test('gives everybody its weight of the networks', () => {
    const weights = [1, 1, 2, 4]
    const fleet = new Fleet(weights)
    for (const key of addresses) fleet.arrive(strategy, { nowMs: 0, random, key })
    for (const [i, count] of fleet.counts.entries()) {
      expect(Math.abs(count / addresses.length - (weights[i] ?? 0) / 8)).toBeLessThan(0.015)
    }
  })

  test('only the clients of a node that left move, and those of one that came move to it', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(ids, fc.array(fc.ipV4(), { maxLength: 50 }), (ids, keys) => {
        const all = ids.map((id, i) => ({ ...new Fleet([1 + (i % 3)]).endpoints[0]!, id }))
        const [lost, ...rest] = all
        for (const key of keys) {
          const request = { nowMs: 0, random, key }
          const before = strategy.pick(all, request)
          if (before !== lost) expect(strategy.pick(rest, request)).toBe(before)
        }
      }),
    )
  })
})
