import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader, WS_FAULT, type FrameSink, type WsFault } from './frame-reader.ts'

const MAX_BYTES = 200_000

/** Notes what it hears. */
class Heard implements FrameSink {
  readonly notes: string[] = []
  text = (text: string): void => void this.notes.push(`text ${text}`)
  binary = (): void => void this.notes.push('binary')
  ping = (payload: Buffer): void => void this.notes.push(`ping ${payload.toString()}`)
  peerClosed = (code: number | undefined): void => void this.notes.push(`close ${code}`)
  fault = (fault: WsFault): void => void this.notes.push(`fault ${fault}`)
}

interface FrameOptions {
  readonly fin?: boolean
  readonly mask?: readonly number[] | undefined
  readonly reserved?: number
}

/** A frame as a client sends it. */
function frame(opcode: number, content: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { fin = true, mask = [1, 2, 3, 4], reserved = 0 } = options
  const payload = Buffer.from(content)
  const { length } = payload
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  header[0] = (fin ? 0x80 : 0) | reserved | opcode
  header[1] = (mask.length > 0 ? 0x80 : 0) | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (header.length === 4) header.writeUInt16BE(length, 2)
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2)
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))
  return Buffer.concat([header, Buffer.from(mask), masked])
}

const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PING = 9
const PONG = 10

function hear(...chunks: readonly Buffer[]): string[] {
  const heard = new Heard()
  const reader = new FrameReader(MAX_BYTES)
  for (const chunk of chunks) reader.push(Buffer.from(chunk), heard)
  return heard.notes
}

const closing = (code: number, reason: string | Uint8Array = ''): Buffer =>
  frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]))

/** A message in frames, with pings between them, and what is heard of it. */
const message = fc
  .record({
    text: fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.constantFrom('x'.repeat(70_000), 'ü'.repeat(80)),
    ),
    isBinary: fc.boolean(),
    cuts: fc.array(fc.nat(70_000), { maxLength: 3 }),
    mask: fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
    ping: fc.option(fc.string({ maxLength: 30 })),
  })
  .map(({ text, isBinary, cuts, mask, ping }) => {
    const bytes = Buffer.from(text)
    const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
    const frames: Buffer[] = []
    const notes: string[] = []
    for (const [index, end] of ends.entries()) {
      const opcode = index > 0 ? 0 : isBinary ? BINARY : TEXT
      const from = ends[index - 1] ?? 0
      frames.push(
        frame(opcode, bytes.subarray(index === 0 ? 0 : from, end), { fin: index === ends.length - 1, mask }),
      )
      if (index > 0 || ping === null) continue
      frames.push(frame(PING, ping), frame(PONG, ping))
      if (ends.length > 1) notes.push(`ping ${ping}`)
    }
    notes.push(isBinary ? 'binary' : `text ${text}`)
    if (ends.length === 1 && ping !== null) notes.push(`ping ${ping}`)
    return { bytes: Buffer.concat(frames), notes }
  })

describe('reading frames', () => {
  test('messages arrive whole and in order, however they are cut into frames and reads', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (messages, cuts) => {
          const bytes = Buffer.concat(messages.map((one) => one.bytes))
          const ends = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b)
          const chunks = [...ends, bytes.length].map((end, index) =>
            bytes.subarray(ends[index - 1] ?? 0, end),
          )
          expect(hear(...chunks)).toEqual(messages.flatMap((one) => one.notes))
        },
      ),
    )
  })

  test('messages arrive byte by byte', () => {
    const bytes = Buffer.concat([
      frame(TEXT, 'one'),
      frame(PING, 'p'),
      frame(TEXT, 'ü'.repeat(200)),
      closing(1000),
    ])
    const notes = hear(...Array.from(bytes, (byte) => Buffer.from([byte])))
    expect(notes).toEqual(['text one', 'ping p', `text ${'ü'.repeat(200)}`, 'close 1000'])
  })

  test('a close frame is told with its code, and what follows it is not heard', () => {
    expect(hear(frame(CLOSE, ''), frame(TEXT, 'late'))).toEqual(['close undefined'])
    expect(hear(Buffer.concat([closing(4001, 'ü'), frame(TEXT, 'late')]))).toEqual(['close 4001'])
  })

  test('a message at the limit passes, in one frame or in many', () => {
    const largest = 'x'.repeat(MAX_BYTES)
    expect(hear(frame(TEXT, largest))).toEqual([`text ${largest}`])
    expect(hear(frame(TEXT, largest.slice(1), { fin: false }), frame(0, 'x'))).toEqual([`text ${largest}`])
  })
})

describe('what cannot be read stops the reader', () => {
  const { protocol, notUtf8, policy, tooBig } = WS_FAULT
  const half = Buffer.from('ü').subarray(0, 1)
  const endless = Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])

  test.each<[string, WsFault, Buffer[]]>([
    ['a frame without a mask', protocol, [frame(TEXT, 'x', { mask: [] })]],
    ['a reserved bit', protocol, [frame(TEXT, 'x', { reserved: 0x40 })]],
    ['an unknown opcode', protocol, [frame(3, 'x')]],
    ['an unknown control opcode', protocol, [frame(11, 'x')]],
    ['a continuation of nothing', protocol, [frame(0, 'x')]],
    ['a message within another', protocol, [frame(TEXT, 'x', { fin: false }), frame(TEXT, 'y')]],
    ['a ping in pieces', protocol, [frame(PING, 'x', { fin: false })]],
    ['a ping that is too long', protocol, [frame(PING, 'x'.repeat(126))]],
    ['half a close code', protocol, [frame(CLOSE, 'x')]],
    ['a close code that nobody may send', protocol, [closing(1005)]],
    ['a close code out of range', protocol, [closing(5000)]],
    ['a close reason that is no UTF-8', notUtf8, [closing(1000, half)]],
    ['text that is no UTF-8', notUtf8, [frame(TEXT, half)]],
    ['text in pieces that is no UTF-8', notUtf8, [frame(TEXT, 'x', { fin: false }), frame(0, half)]],
    ['a message above the limit', tooBig, [frame(TEXT, 'x'.repeat(MAX_BYTES + 1)).subarray(0, 20)]],
    ['pieces above the limit', tooBig, [frame(TEXT, 'x'.repeat(MAX_BYTES), { fin: false }), frame(0, 'y')]],
    ['a length beyond all numbers', tooBig, [endless]],
    [
      'a message in thousands of pieces',
      policy,
      [
        frame(TEXT, 'x', { fin: false }),
        ...Array.from({ length: 1_024 }, () => frame(0, '', { fin: false })),
      ],
    ],
  ])('%s', (_name, fault, frames) => {
    expect(hear(...frames, frame(TEXT, 'late'))).toEqual([`fault ${fault}`])
  })

  test('no bytes whatever make it fail otherwise', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (chunks) => {
        const stops = hear(...chunks.map((chunk) => Buffer.from(chunk))).filter((note) =>
          /^(fault|close)/.test(note),
        )
        expect(stops.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 500 },
    )
  })
})
