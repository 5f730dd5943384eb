import { expect, test } from 'vitest'
import { durationSeconds, wholeNumber } from './arguments.ts'

test('durations have units, and nothing or nonsense is refused', () => {
  expect(['90', '90s', '15m', '12h', '7d'].map(durationSeconds)).toEqual([90, 90, 900, 43_200, 604_800])
  for (const text of ['', '0', '-1', '1w', 'soon', '1.5h'])
    expect(() => durationSeconds(text)).toThrow('such as')
})

test('whole numbers stay in their bounds', () => {
  const port = wholeNumber(0, 65_535)
  expect(port('65535')).toBe(65_535)
  for (const text of ['65536', '-1', '1e3', '', '1.0']) expect(() => port(text)).toThrow('whole number')
})
