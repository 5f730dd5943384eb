import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase64Url, toBase64Url } from './base64url.ts'

const bytes = fc.uint8Array({ maxLength: 100 })

test('base64url is what other implementations write, and comes back', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const text = toBase64Url(value)
      expect(text).toBe(Buffer.from(value).toString('base64url'))
      expect(fromBase64Url(text)).toEqual(Uint8Array.from(value))
    }),
  )
})

test('a text is read only in the one spelling that would be written', () => {
  for (const text of ['A', 'AB', 'AA=', 'AA==', 'A A', 'AA\n', 'A+AA', 'A/AA', 'AAB', 'ÄAAA'])
    expect([text, fromBase64Url(text)]).toEqual([text, undefined])
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      const read = fromBase64Url(text)
      expect(read === undefined || toBase64Url(read) === text).toBe(true)
    }),
  )
})
