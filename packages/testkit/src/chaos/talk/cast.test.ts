import fc from 'fast-check'
import { expect, test } from 'vitest'
import { castOf } from './cast.ts'

const sizes = fc.record({
  users: fc.integer({ min: 2, max: 60 }),
  secondDevices: fc.integer({ min: 0, max: 10 }),
  groupSize: fc.integer({ min: 2, max: 12 }),
})

test('everybody is in exactly one group, and a guest never in the one that it visits', () => {
  fc.assert(
    fc.property(sizes, (size) => {
      const { groups } = castOf(size)
      expect(groups.flatMap(({ members }) => members)).toHaveLength(size.users)
      for (const { members, guest } of groups) expect(members).not.toContain(guest)
    }),
  )
})

test('pairs are of two, and each stands once', () => {
  fc.assert(
    fc.property(sizes, (size) => {
      const { pairs } = castOf(size)
      for (const [one, other] of pairs) expect(one).not.toBe(other)
      const keys = pairs.map((pair) => pair.toSorted().join(' '))
      expect(new Set(keys).size).toBe(keys.length)
    }),
  )
})

test('second devices are sessions of their own', () => {
  const { sessions } = castOf({ users: 4, secondDevices: 2, groupSize: 2 })
  expect(sessions.map(({ name }) => name)).toEqual([
    'user0',
    'user1',
    'user2',
    'user3',
    'user0 again',
    'user1 again',
  ])
})
