import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Encoded } from '../delivery/encoded.ts'
import { FrameJoiner, frameText } from './ws-frame.ts'
import { truncateUtf8 } from './ws-connection.ts'

/** What a client reads from these bytes (RFC 6455 section 5.2, unmasked text frames only). */
function read(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < bytes.length;) {
    expect(bytes[at]).toBe(0x81)
    const short = bytes[at + 1] ?? 0
    const header = short < 126 ? 2 : short === 126 ? 4 : 10
    const length =
      header === 2 ? short : header === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    expect(header).toBe(length < 126 ? 2 : length < 65_536 ? 4 : 10)
    texts.push(bytes.toString('utf8', at + header, at + header + length))
    at += header + length
  }
  return texts
}

const storable = fc.string({ unit: 'grapheme', maxLength: 400 })

describe('frames', () => {
  test('any text comes out of a frame as it went in', () => {
    fc.assert(
      fc.property(storable, (text) => {
        expect(read(frameText(text))).toEqual([text])
      }),
    )
  })

  test.each([0, 125, 126, 65_535, 65_536, 200_000])(
    'a payload of %i bytes is framed with the right header',
    (length) => {
      const text = 'x'.repeat(length)
      expect(read(frameText(text))).toEqual([text])
    },
  )

  test('joined frames are read one by one, in order', () => {
    fc.assert(
      fc.property(fc.array(storable, { minLength: 1, maxLength: 20 }), (texts) => {
        const buffers = new FrameJoiner().join(texts.map((text) => new Encoded(text)))
        expect(read(Buffer.concat(buffers))).toEqual(texts)
      }),
    )
  })

  test('the same messages for the next socket are the same bytes, not a copy', () => {
    const joiner = new FrameJoiner()
    const messages = [new Encoded('a'), new Encoded('b')]
    const first = joiner.join(messages)
    expect(first).toHaveLength(1)
    expect(joiner.join([...messages])[0]).toBe(first[0])
    expect(joiner.join([...messages].reverse())[0]).not.toBe(first[0])
    expect(joiner.join(messages.slice(0, 1))[0]).not.toBe(first[0])
  })

  test('a list that its owner reuses for other messages is not mistaken for the old one', () => {
    const joiner = new FrameJoiner()
    const messages = [new Encoded('a')]
    joiner.join(messages)
    messages[0] = new Encoded('b')
    expect(read(Buffer.concat(joiner.join(messages)))).toEqual(['b'])
  })

  test('large frames are not copied', () => {
    expect(
      new FrameJoiner().join([new Encoded('x'.repeat(40_000)), new Encoded('y'.repeat(40_000))]),
    ).toHaveLength(2)
  })
})

test('a close reason is cut between characters', () => {
  expect(truncateUtf8('short', 123)).toBe('short')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      const cut = truncateUtf8(text, 123)
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(123)
      expect(text.startsWith(cut)).toBe(true)
    }),
  )
})
