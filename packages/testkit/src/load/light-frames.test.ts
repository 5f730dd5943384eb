import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameCutter, maskedFrame, payloads } from './light-frames.ts'

function serverFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  header[0] = 0x80 | opcode
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127
  if (header.length === 4) header.writeUInt16BE(length, 2)
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, payload])
}

const text = fc.oneof(fc.string({ maxLength: 300 }), fc.constantFrom('x'.repeat(70_000), 'x'.repeat(126)))

describe('light frames', () => {
  test('what the server sent comes out whole, however the reads cut it', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), (texts, cuts) => {
        const bytes = Buffer.concat(texts.map((one) => serverFrame(1, Buffer.from(one))))
        const ends = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b)
        const cutter = new FrameCutter()
        const found = [...ends, bytes.length].flatMap((end, index) => {
          const whole = cutter.whole(bytes.subarray(ends[index - 1] ?? 0, end))
          return [...payloads(whole)].map((payload) => payload.toString())
        })
        expect(found).toEqual(texts)
        expect(cutter.closeCode).toBe(1006)
      }),
    )
  })

  test('the code of a close frame is kept', () => {
    const cutter = new FrameCutter()
    cutter.whole(serverFrame(8, Buffer.from([0x0f, 0xa1, 0x78])))
    expect(cutter.closeCode).toBe(4001)
  })

  test('a masked frame is a header, a mask of zeros and the text', () => {
    expect(Buffer.from(maskedFrame('hi'), 'latin1')).toEqual(
      Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]),
    )
    const long = Buffer.from(maskedFrame('x'.repeat(300)), 'latin1')
    expect([...long.subarray(0, 8)]).toEqual([0x81, 0xfe, 1, 44, 0, 0, 0, 0])
    expect(long).toHaveLength(308)
  })
})
