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

test('UUIDs arrive as they are', () => {
  fc.assert(
    fc.property(fc.array(fc.uuid()), (uuids) => {
      const hex = uuids.map((uuid) => uuid.replaceAll('-', ''))
      expect(elements(uuidArray(uuids)).map((bytes) => bytes.toString('hex'))).toEqual(hex)
    }),
  )
})

test('what is no UUID gets a length that the database refuses', () => {
  const no = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[0-9a-fg`@/:G-]{36}$/).filter((text) => !/^[0-9a-f-]*$/.test(text)),
    fc.constantFrom('0190f3a4-0000-7000-8000-0000000000f', '0190f3a400007000800000000000000000ff'),
  )
  fc.assert(
    fc.property(no, (text) => {
      expect(uuidArray([text]).readInt32BE(20)).toBe(1)
    }),
  )
})

test('a UUID is its sixteen bytes, anything else is left to the database to refuse', () => {
  const array = uuidArray(['0190f3a4-0000-7000-8000-0000000000ff', 'not a uuid'])
  expect(array.subarray(24, 40).toString('hex')).toBe('0190f3a40000700080000000000000ff')
  expect(array.readInt32BE(40)).toBe(1)
})
