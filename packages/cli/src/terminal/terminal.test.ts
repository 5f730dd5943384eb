import fc from 'fast-check'
import { expect, test } from 'vitest'
import { styleFor } from './style.ts'
import { table } from './table.ts'
import { wrapLines } from './wrap.ts'

test('colours are for terminals, and not where NO_COLOR is set', () => {
  expect(styleFor(true, {}).red('x')).toBe('\x1b[31mx\x1b[39m')
  expect(styleFor(true, { NO_COLOR: '' }).red('x')).toBe('\x1b[31mx\x1b[39m')
  expect(styleFor(true, { NO_COLOR: '1' }).red('x')).toBe('x')
  expect(styleFor(true, { TERM: 'dumb' }).red('x')).toBe('x')
  expect(styleFor(undefined, {}).red('x')).toBe('x')
})

test('wrapping keeps every word in order and no line with two words is too long', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), (words) => {
      const lines = wrapLines(words.join(' '), 20)
      expect(lines.join(' ').split(' ')).toEqual(words)
      expect(lines.every((line) => line.length <= 20 || !line.includes(' '))).toBe(true)
    }),
  )
})

test('a table is aligned and fits 80 columns', () => {
  expect(
    table([
      ['a', '1'],
      ['long', '2'],
    ]),
  ).toEqual(['a     1', 'long  2'])
  expect(table([['a', 'x'.repeat(200)]])[0]).toHaveLength(76)
  expect(table([])).toEqual([])
})
