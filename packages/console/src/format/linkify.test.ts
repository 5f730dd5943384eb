import fc from 'fast-check'
import { expect, test } from 'vitest'
import { linkify } from './linkify.ts'

test('addresses become links without the punctuation behind them', () => {
  expect(linkify('see https://example.org/a?b=1, or not')).toEqual([
    { type: 'text', text: 'see ' },
    { type: 'link', text: 'https://example.org/a?b=1' },
    { type: 'text', text: ', or not' },
  ])
})

test('only http and https are links', () => {
  expect(linkify('javascript:alert(1) ftp://x.y')).toEqual([
    { type: 'text', text: 'javascript:alert(1) ftp://x.y' },
  ])
})

test('the parts together are the text', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.webUrl(), fc.constant(' '))), (pieces) => {
      const text = pieces.join('')
      expect(
        linkify(text)
          .map((part) => part.text)
          .join(''),
      ).toBe(text)
    }),
  )
})
