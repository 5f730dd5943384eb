import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Encoded } from '../delivery/encoded.ts'
import { closeFrame, FrameJoiner, frameText, pongFrame, truncateUtf8 } from './ws-frame.ts'

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
        const joined = new FrameJoiner().join(texts.map((text) => new Encoded(text)))
        expect(read(Buffer.from(joined ?? []))).toEqual(texts)
      }),
    )
  })

  test('the same messages for the next socket are the same bytes, not a copy', () => {
    const joiner = new FrameJoiner()
    const messages = [new Encoded('a'), new Encoded('b')]
    const first = joiner.join(messages)
    expect(first).toBeDefined()
    expect(joiner.join([...messages])).toBe(first)
    expect(joiner.join([...messages].reverse())).not.toBe(first)
    expect(joiner.join(messages.slice(0, 1))).not.toBe(first)
  })

  test('large frames are not copied', () => {
    const large = [new Encoded('x'.repeat(40_000)), new Encoded('y'.repeat(40_000))]
    expect(new FrameJoiner().join(large)).toBeUndefined()
  })

  test('control frames hold their code and payload, and never too much', () => {
    expect([...closeFrame(undefined, '')]).toEqual([0x88, 0])
    expect([...closeFrame(4001, 'ü')]).toEqual([0x88, 4, 0x0f, 0xa1, 0xc3, 0xbc])
    expect(closeFrame(4001, 'x'.repeat(500))).toHaveLength(127)
    expect([...pongFrame(Buffer.from([1, 2]))]).toEqual([0x8a, 2, 1, 2])
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
