import { expect, test } from 'vitest'
import { isUserId, namesOf } from './demo-users.ts'

test('user ids follow the rule of the protocol', () => {
  for (const good of ['ada', '_x', '7', 'a.b@example.org', 'x'.repeat(128)]) expect(isUserId(good)).toBe(true)
  for (const bad of ['', ' ada', '@ada', '$system', 'a b', 'ä', 'x'.repeat(129)])
    expect(isUserId(bad)).toBe(false)
})

test('lists of names read like a sentence and stay short', () => {
  expect(namesOf([])).toBe('nobody')
  expect(namesOf(['ada'])).toBe('Ada')
  expect(namesOf(['ada', 'x'])).toBe('Ada and x')
  expect(namesOf(['ada', 'ken', 'x'])).toBe('Ada, Ken and x')
  expect(namesOf(['ada', 'ken', 'x', 'y'])).toBe('Ada, Ken, x and 1 other')
})
