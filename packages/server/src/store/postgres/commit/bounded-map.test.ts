import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

test('what was used within half the capacity is there, what was not used for the whole of it is not', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }).map(String), { maxLength: 100 }), (uses) => {
      const map = new BoundedMap<number>(8)
      uses.forEach((key, at) => {
        if (map.get(key) === undefined) map.set(key, at)
      })
      const recent = [...new Set(uses.toReversed())]
      for (const key of recent.slice(0, 4)) expect(map.get(key)).toBeDefined()
    }),
  )
})

test('what nobody asks for is forgotten', () => {
  const map = new BoundedMap<number>(8)
  for (let key = 0; key < 100; key++) map.set(`${key}`, key)
  const kept = Array.from({ length: 100 }, (_, key) => map.get(`${key}`)).filter(
    (value) => value !== undefined,
  )
  expect(kept.length).toBeLessThanOrEqual(8)
})

test('what is deleted or cleared is gone', () => {
  const map = new BoundedMap<number>(8)
  map.set('a', 1)
  map.set('b', 2)
  map.delete('a')
  expect([map.get('a'), map.get('b')]).toEqual([undefined, 2])
  map.clear()
  expect(map.get('b')).toBeUndefined()
})
