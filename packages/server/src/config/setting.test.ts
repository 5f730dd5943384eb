import fc from 'fast-check'
import { expect, test } from 'vitest'
import { integer, list, withoutPassword, yesOrNo } from './setting.ts'

test('an integer at its bounds is taken, one beyond is not, and nothing but digits is', () => {
  const port = integer({ min: 0, max: 65_535 })
  expect([port.parse('0'), port.parse('65535')]).toEqual([0, 65_535])
  for (const text of ['-1', '65536', '1.5', '1e3', '0x10', '', ' ', 'NaN', '٣'])
    expect(port.parse(text)).toBeUndefined()
})

test('whatever an integer setting takes, it shows the same again', () => {
  const any = integer({ min: -1_000_000, max: 1_000_000 })
  fc.assert(
    fc.property(
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      (value) => any.parse(any.show(value)) === value,
    ),
  )
})

test('a list takes blanks and an end comma, and is refused as a whole for one bad item', () => {
  const numbers = list(integer({ min: 0, max: 9 }))
  expect(numbers.parse(' 1, 2 ,3,')).toEqual([1, 2, 3])
  expect(numbers.parse('')).toEqual([])
  expect(numbers.parse('1,x')).toBeUndefined()
})

test('yes and no have the usual spellings', () => {
  expect(['true', 'on', '1', 'yes'].every((text) => yesOrNo.parse(text) === true)).toBe(true)
  expect(['false', 'off', '0', 'no'].every((text) => yesOrNo.parse(text) === false)).toBe(true)
  expect(yesOrNo.parse('maybe')).toBeUndefined()
})

test('no password survives, whatever is in it', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9$!%^&*:@/?#]{8,20}$/), (password) => {
      const shown = withoutPassword(`postgres://skein:${encodeURIComponent(password)}@db:5432/skein`)
      return !shown.includes(encodeURIComponent(password)) && shown.includes('db:5432')
    }),
  )
  expect(withoutPassword('postgres://db/skein')).toBe('postgres://db/skein')
  expect(withoutPassword('post gres://skein:hunter2@db')).not.toContain('hunter2')
})
