import { describe, expect, test } from 'vitest'
import { isVisible } from './visible.ts'

const intervals = [
  { from: { 'r.a': 2 }, until: { 'r.a': 5 } },
  { from: { 'r.a': 8 }, until: null },
]

describe('what a member sees', () => {
  test.each([
    ['r.a', 2, false],
    ['r.a', 3, true],
    ['r.a', 5, true],
    ['r.a', 6, false],
    ['r.a', 9, true],
    ['r.later', 1, true],
  ] as const)('of %s the event %i: %s', (origin, seq, visible) => {
    expect(isVisible(intervals, origin, seq)).toBe(visible)
  })

  test('a former member sees nothing of an origin that began after its time', () => {
    expect(isVisible(intervals.slice(0, 1), 'r.later', 1)).toBe(false)
  })
})
