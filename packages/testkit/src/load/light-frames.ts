/** RFC 6455 section 5.2 as far as a load generator needs it: it must cost less than what it measures. */

/**
 * A masked text frame as a latin1 string, which a socket takes without a buffer in between. The mask is
 * zero, so that the text (ASCII) is its own masked form; the server does not know and unmasks all the same.
 */
export function maskedFrame(text: string): string {
  const { length } = text
  if (length < 126) return `\x81${String.fromCharCode(0x80 | length)}\0\0\0\0${text}`
  if (length > 0xffff) throw new Error('a load generator sends no frames beyond 65,535 bytes')
  return `\x81\xfe${String.fromCharCode(length >> 8, length & 0xff)}\0\0\0\0${text}`
}

const OPCODE_CLOSE = 0x8
/** The connection ended without a close frame. */
const NO_CLOSE_FRAME = 1006

interface Span {
  readonly payloadAt: number
  readonly end: number
}

/** Where the frame at `at` lies; undefined when it is not all there. */
function frameAt(data: Buffer, at: number): Span | undefined {
  if (data.length - at < 2) return undefined
  const length7 = (data[at + 1] ?? 0) & 0x7f
  const payloadAt = at + (length7 < 126 ? 2 : length7 === 126 ? 4 : 10)
  if (data.length < payloadAt) return undefined
  const length =
    length7 < 126
      ? length7
      : length7 === 126
        ? data.readUInt16BE(at + 2)
        : Number(data.readBigUInt64BE(at + 2))
  return data.length < payloadAt + length ? undefined : { payloadAt, end: payloadAt + length }
}

/** Cuts what a server sends between frames. */
export class FrameCutter {
  #rest: Buffer | undefined
  #closeCode = NO_CLOSE_FRAME

  get closeCode(): number {
    return this.#closeCode
  }

  /** All frames that are whole by now, headers included; perhaps nothing. */
  whole(chunk: Buffer): Buffer {
    const data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    for (let frame = frameAt(data, at); frame !== undefined; frame = frameAt(data, at)) {
      if (((data[at] ?? 0) & 0x0f) === OPCODE_CLOSE && frame.end - frame.payloadAt >= 2)
        this.#closeCode = data.readUInt16BE(frame.payloadAt)
      at = frame.end
    }
    this.#rest = at === data.length ? undefined : data.subarray(at)
    return at === data.length ? data : data.subarray(0, at)
  }
}

/** The payloads of frames that are whole. */
export function* payloads(frames: Buffer): Generator<Buffer> {
  let at = 0
  for (let frame = frameAt(frames, at); frame !== undefined; frame = frameAt(frames, at)) {
    yield frames.subarray(frame.payloadAt, frame.end)
    at = frame.end
  }
}
