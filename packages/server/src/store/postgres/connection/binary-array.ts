/**
 * Arrays in PostgreSQL's binary format (src/backend/utils/adt/arrayfuncs.c, array_recv): nothing is
 * escaped here or parsed there, which is most of what a large batch costs its node. The driver sends a
 * Buffer as a binary parameter.
 */

const HEADER_BYTES = 20
const UUID_BYTES = 16
const HYPHEN = 0x2d
const OID = { int8: 20, int2: 21, int4: 23, text: 25, uuid: 2950 } as const

export function textArray(values: readonly string[]): Buffer {
  let bytes = HEADER_BYTES
  for (const value of values) bytes += 4 + Buffer.byteLength(value)
  const buffer = withHeader(bytes, OID.text, values.length)
  let offset = HEADER_BYTES
  for (const value of values) {
    const written = buffer.write(value, offset + 4)
    buffer.writeInt32BE(written, offset)
    offset += 4 + written
  }
  return buffer
}

export function uuidArray(values: readonly string[]): Buffer {
  return fixed(values, OID.uuid, UUID_BYTES, (buffer, value, offset) => {
    // What is no UUID becomes a length that PostgreSQL refuses, as it would the text.
    if (!writeUuid(buffer, value, offset)) buffer.writeInt32BE(1, offset - 4)
  })
}

/** Digit by digit: a text without hyphens would be made only to be thrown away. */
function writeUuid(buffer: Buffer, uuid: string, offset: number): boolean {
  if (uuid.length !== 36) return false
  let digits = 0
  for (let at = 0; at < 36; at++) {
    const code = uuid.charCodeAt(at)
    if (code === HYPHEN) continue
    const digit = code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57
    if (digit < 0 || digit > 15 || (digit < 10 && code > 0x39) || digits === 32) return false
    const byte = offset + (digits >> 1)
    buffer[byte] = digits % 2 === 0 ? digit << 4 : (buffer[byte] ?? 0) | digit
    digits++
  }
  return digits === 32
}

export const int2Array = (values: readonly number[]): Buffer =>
  fixed(values, OID.int2, 2, (buffer, value, offset) => buffer.writeInt16BE(value, offset))

export const int4Array = (values: readonly number[]): Buffer =>
  fixed(values, OID.int4, 4, (buffer, value, offset) => buffer.writeInt32BE(value, offset))

/** Whole numbers from 0 to 2^53. */
export const int8Array = (values: readonly number[]): Buffer =>
  fixed(values, OID.int8, 8, (buffer, value, offset) => {
    buffer.writeUInt32BE(Math.floor(value / 2 ** 32), offset)
    buffer.writeUInt32BE(value % 2 ** 32, offset + 4)
  })

function fixed<T>(
  values: readonly T[],
  oid: number,
  size: number,
  write: (buffer: Buffer, value: T, offset: number) => void,
): Buffer {
  const buffer = withHeader(HEADER_BYTES + values.length * (4 + size), oid, values.length)
  let offset = HEADER_BYTES
  for (const value of values) {
    buffer.writeInt32BE(size, offset)
    write(buffer, value, offset + 4)
    offset += 4 + size
  }
  return buffer
}

function withHeader(bytes: number, elementOid: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes)
  buffer.writeInt32BE(1, 0) // dimensions
  buffer.writeInt32BE(0, 4) // no nulls
  buffer.writeInt32BE(elementOid, 8)
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16) // lower bound
  return buffer
}
