import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bodyBytes, inspectBody, isStorable, isStorableText, mayBeUnstorable } from './body.ts'
import { LIMITS } from './limits.ts'
import { body as arbitraryBody } from './testing/arbitrary-frames.ts'
import type { Body } from './values.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc
    .array(fc.constantFrom('\u0000', '\ud800', '\udfff', '\ud83d\ude00', 'a', '汉'))
    .map((parts) => parts.join('')),
)

describe('BODY2 storable text', () => {
  test('is what survives UTF-8 unchanged and holds no NUL', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const survives = Buffer.from(text, 'utf8').toString('utf8') === text
        expect(isStorableText(text)).toBe(survives && !text.includes('\0'))
      }),
    )
  })

  test.each([
    ['NUL', 'a\u0000b', false],
    ['a high surrogate at the end', 'a\ud83d', false],
    ['a low surrogate at the start', '\ude00a', false],
    ['swapped halves', '\ude00\ud83d', false],
    ['an emoji', '\ud83d\ude00', true],
    ['other control characters', '\u0001\u001f\u007f', true],
    ['nothing', '', true],
  ])('%s', (_what, text, storable) => {
    expect(isStorableText(text)).toBe(storable)
  })

  test('is asked of keys and values at every level', () => {
    expect(isStorable({ a: [{ 'b\u0000': 1 }] })).toBe(false)
    expect(isStorable({ a: [1, null, { b: ['\ud800'] }] })).toBe(false)
    expect(isStorable({ a: [1, null, { b: ['fine'] }] })).toBe(true)
  })

  test('the quick look at the whole text never misses an unstorable string, escaped or raw', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        fc.pre(!isStorableText(text))
        expect(mayBeUnstorable(JSON.stringify({ text }))).toBe(true)
        expect(mayBeUnstorable(text) || text.includes('\0')).toBe(true)
      }),
    )
  })

  test('a raw NUL never comes out of JSON, so the quick look need not see it', () => {
    expect(() => JSON.parse('{"a":"\u0000"}')).toThrow(SyntaxError)
  })
})

describe('BODY1 size', () => {
  const ofBytes = (bytes: number): Body => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) })

  test('a body of exactly bodyBytes is taken, one byte more is not', () => {
    expect(bodyBytes(ofBytes(LIMITS.bodyBytes))).toBe(LIMITS.bodyBytes)
    expect(inspectBody(ofBytes(LIMITS.bodyBytes), false)).toBeUndefined()
    expect(inspectBody(ofBytes(LIMITS.bodyBytes + 1), false)).toMatchObject({ code: 'tooLarge' })
  })

  test('counts UTF-8 bytes, not characters', () => {
    expect(inspectBody({ text: '汉'.repeat(LIMITS.bodyBytes / 3) }, false)).toMatchObject({
      code: 'tooLarge',
    })
  })

  test('sees bodies whose JSON is longer than what came in, such as 1e20', () => {
    const numbers = JSON.parse(`[${Array.from({ length: 1_000 }, () => '1e20').join(',')}]`)
    expect(inspectBody({ numbers }, false)).toMatchObject({ code: 'tooLarge' })
  })

  test('its shortcut agrees with counting', () => {
    fc.assert(
      fc.property(arbitraryBody, fc.integer({ min: 1, max: 400 }), (body, times) => {
        const many: Body = { items: Array.from({ length: times }, () => body) }
        expect(inspectBody(many, false)?.code === 'tooLarge').toBe(bodyBytes(many) > LIMITS.bodyBytes)
      }),
    )
  })

  test('nests bodyDepth levels and no more', () => {
    const nested = (levels: number): Body => {
      let value: Body = {}
      for (let i = 1; i < levels; i++) value = { value }
      return value
    }
    expect(inspectBody(nested(LIMITS.bodyDepth), false)).toBeUndefined()
    expect(inspectBody(nested(LIMITS.bodyDepth + 1), false)).toMatchObject({ code: 'tooLarge' })
  })

  test('BODY2 refuses a number beyond a 64-bit float', () => {
    expect(inspectBody(JSON.parse('{"n":[1e999]}'), false)).toMatchObject({ code: 'unstorable' })
  })
})
