import { expect, test } from 'vitest'
import { ageText, dayOf, dayText } from './time.ts'

const at = (day: number, hour = 12): number => new Date(2026, 10, day, hour).getTime()

test('a day begins at local midnight', () => {
  expect(dayOf(at(5, 0))).toBe(dayOf(at(5, 23)))
  expect(dayOf(at(6, 0)) - dayOf(at(5, 23))).toBe(1)
})

test('days are named by their distance', () => {
  expect(dayText(at(20), at(20, 23))).toBe('Today')
  expect(dayText(at(19, 23), at(20, 0))).toBe('Yesterday')
  expect(dayText(at(16), at(20))).not.toContain('16')
  expect(dayText(at(2), at(20))).toContain('2')
})

test('a message of a clock that is ahead counts as today', () => {
  expect(dayText(at(21), at(20))).toBe('Today')
  expect(ageText(at(21), at(20))).toMatch(/\d/)
})

test('ages in lists are short', () => {
  expect(ageText(at(19), at(20))).toBe('Yesterday')
  expect(ageText(at(1), at(20)).length).toBeLessThan(10)
})
