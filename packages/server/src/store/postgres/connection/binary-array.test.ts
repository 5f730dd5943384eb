import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { int8Array, textArray, uuidArray } from './binary-array.ts'

function elements(array: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let offset = 20; offset < array.length;) {
    const length = array.readInt32BE(offset)
    found.push(array.subarray(offset + 4, offset + 4 + length))
    offset += 4 + length
  }
  expect(array.readInt32BE(12)).toBe(found.length)
  return found
}

test('texts arrive as they are', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
      expect(elements(textArray(texts)).map((bytes) => bytes.toString())).toEqual(texts)
    }),
  )
})

test('whole numbers up to 2^53 arrive as they are', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat()), (numbers) => {
      expect(elements(int8Array(numbers)).map((bytes) => Number(bytes.readBigInt64BE()))).toEqual(numbers)
    }),
  )
})

test('a UUID is its sixteen bytes, anything else is left to the database to refuse', () => {
  const array = uuidArray(['0190f3a4-0000-7000-8000-0000000000ff', 'not a uuid'])
  expect(array.subarray(24, 40).toString('hex')).toBe('0190f3a40000700080000000000000ff')
  expect(array.readInt32BE(40)).toBe(1)
})
