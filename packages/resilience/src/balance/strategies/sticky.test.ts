import { seededRandom } from '@skein/core'
import { describe, expect, test } from 'vitest'
import { endpointOf } from '../endpoint.ts'
import { roundRobin } from './round-robin.ts'
import { sticky } from './sticky.ts'

const random = seededRandom(1)
const endpoints = ['a', 'b', 'c', 'd'].map((id) => endpointOf({ id }))

describe('a sticky session', () => {
  const by = (options = { ttlMs: 1_000, maxKeys: 2 }) => {
    const strategy = sticky(roundRobin(), options)
    return (key: string, nowMs = 0, candidates = endpoints) =>
      strategy.pick(candidates, { key, nowMs, random })?.id
  }

  test('comes back to where it was', () => {
    const pick = by()
    const first = pick('ada')
    expect([pick('bob'), pick('bob')]).not.toContain(first)
    expect([pick('ada'), pick('ada', 999), pick('ada', 1_999)]).toEqual([first, first, first])
  })

  test('goes elsewhere when that one is sick, and stays there when it is well again', () => {
    const pick = by()
    const first = pick('ada')
    const second = pick(
      'ada',
      1,
      endpoints.filter(({ id }) => id !== first),
    )
    expect(second).not.toBe(first)
    const sick = endpoints.map((one) => (one.id === second ? { ...one, state: 'ejected' as const } : one))
    expect(pick('ada', 2)).toBe(second)
    expect(pick('ada', 3, sick)).not.toBe(second)
  })

  test('is forgotten after its time, and the one that came longest ago first when there are too many', () => {
    const pick = by()
    const first = pick('ada')
    expect(pick('ada', 1_001)).not.toBe(first)
    const place = pick('ada', 1_002)
    pick('bob', 1_002)
    expect(pick('ada', 1_003)).toBe(place)
    pick('cyd', 1_004)
    expect(pick('ada', 1_005)).toBe(place)
  })

  test('remembers nothing without a key', () => {
    const strategy = sticky(roundRobin())
    const ids = endpoints.map(() => strategy.pick(endpoints, { nowMs: 0, random })?.id)
    expect(new Set(ids).size).toBe(4)
  })
})
