import { isUtf8 } from 'node:buffer'

/** Why a connection cannot be read any further: close codes of RFC 6455 section 7.4.1. */
export const WS_FAULT = { protocol: 1002, notUtf8: 1007, policy: 1008, tooBig: 1009 } as const
export type WsFault = (typeof WS_FAULT)[keyof typeof WS_FAULT]

/** Who hears what was read. May stop the reader while it reads. */
export interface FrameSink {
  text(text: string): void
  /** A binary message came, and was dropped. */
  binary(): void
  ping(payload: Buffer): void
  /** The peer's close frame; the reader has stopped. */
  peerClosed(code: number | undefined): void
  /** The reader has stopped. */
  fault(fault: WsFault): void
}

const OPCODE = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const
const FIN = 0x80
const RESERVED = 0x70
const MASKED = 0x80
const MASK_BYTES = 4
const CONTROL_PAYLOAD_MAX = 125
/** Pieces that one message may be sent in; many tiny ones are an attack. */
const MAX_FRAGMENTS = 1_024

/** Bytes that grow with what came, so that many small pieces are not copied again and again. */
class Gathered {
  #buffer: Buffer
  #length: number

  constructor(first: Buffer) {
    // A copy, exactly as long: what a socket read hands out is large, and would be kept alive.
    this.#buffer = Buffer.from(first)
    this.#length = first.length
  }

  get length(): number {
    return this.#length
  }

  append(more: Buffer): void {
    const length = this.#length + more.length
    if (length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#buffer.length))
      this.#buffer.copy(grown, 0, 0, this.#length)
      this.#buffer = grown
    }
    more.copy(this.#buffer, this.#length)
    this.#length = length
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }
}

/**
 * Reads what a client sends (RFC 6455 section 5): masked frames, no extensions. Between messages it
 * holds nothing, so that ten thousand quiet connections keep none of their last message alive.
 */
export class FrameReader {
  readonly #maxMessageBytes: number
  #stopped = false
  /** The beginning of a frame whose end has not come. */
  #partial: Gathered | undefined
  /** The fragments of a message whose last one has not come, and what kind it is. */
  #message: Gathered | undefined
  #messageOpcode = 0
  #fragments = 0

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Whatever comes from now on is ignored. */
  stop(): void {
    this.#stopped = true
    this.#partial = undefined
    this.#message = undefined
  }

  /** Takes the next bytes; overwrites them. */
  push(chunk: Buffer, sink: FrameSink): void {
    if (this.#stopped) return
    let data = chunk
    if (this.#partial !== undefined) {
      this.#partial.append(chunk)
      data = this.#partial.bytes()
    }
    let at = 0
    while (!this.#stopped) {
      const end = this.#frame(data, at, sink)
      if (end === undefined) break
      at = end
    }
    if (this.#stopped) return
    if (at === data.length) this.#partial = undefined
    else if (at > 0 || this.#partial === undefined) this.#partial = new Gathered(data.subarray(at))
  }

  /** Reads the frame that begins at `at`; answers where it ended, undefined when it is not all there or bad. */
  #frame(data: Buffer, at: number, sink: FrameSink): number | undefined {
    if (data.length - at < 2) return undefined
    const first = data[at] ?? 0
    const second = data[at + 1] ?? 0
    const opcode = first & 0x0f
    const fin = (first & FIN) !== 0
    if ((first & RESERVED) !== 0 || (second & MASKED) === 0 || !this.#isExpected(opcode, fin, second & 0x7f))
      return this.#fault(sink, WS_FAULT.protocol)
    const payloadAt = at + 2 + extraLengthBytes(second & 0x7f) + MASK_BYTES
    if (data.length < payloadAt) return undefined
    const length = payloadLength(data, at + 1)
    if (opcode < OPCODE.close && (this.#message?.length ?? 0) + length > this.#maxMessageBytes)
      return this.#fault(sink, WS_FAULT.tooBig)
    const end = payloadAt + length
    if (data.length < end) return undefined
    const isAscii = unmask(data, payloadAt, end)
    if (opcode >= OPCODE.close) this.#control(data.subarray(payloadAt, end), opcode, sink)
    else if (fin && opcode === OPCODE.text) this.#text(data, payloadAt, end, isAscii, sink)
    else this.#fragment(data.subarray(payloadAt, end), opcode, fin, sink)
    return end
  }

  #isExpected(opcode: number, fin: boolean, length: number): boolean {
    switch (opcode) {
      case OPCODE.continuation:
        return this.#message !== undefined
      case OPCODE.text:
      case OPCODE.binary:
        return this.#message === undefined
      case OPCODE.close:
        return fin && length <= CONTROL_PAYLOAD_MAX && length !== 1
      case OPCODE.ping:
      case OPCODE.pong:
        return fin && length <= CONTROL_PAYLOAD_MAX
      default:
        return false
    }
  }

  #text(data: Buffer, from: number, to: number, isAscii: boolean, sink: FrameSink): void {
    if (isAscii) sink.text(data.toString('latin1', from, to))
    else if (isUtf8(data.subarray(from, to))) sink.text(data.toString('utf8', from, to))
    else this.#fault(sink, WS_FAULT.notUtf8)
  }

  #fragment(payload: Buffer, opcode: number, fin: boolean, sink: FrameSink): void {
    if (opcode !== OPCODE.continuation) {
      this.#messageOpcode = opcode
      this.#fragments = 0
      this.#message = new Gathered(payload)
    } else this.#message?.append(payload)
    if (++this.#fragments > MAX_FRAGMENTS) {
      this.#fault(sink, WS_FAULT.policy)
      return
    }
    if (!fin || this.#message === undefined) return
    const message = this.#message.bytes()
    this.#message = undefined
    if (this.#messageOpcode === OPCODE.binary) sink.binary()
    else this.#text(message, 0, message.length, false, sink)
  }

  #control(payload: Buffer, opcode: number, sink: FrameSink): void {
    if (opcode === OPCODE.ping) return sink.ping(payload)
    if (opcode === OPCODE.pong) return
    this.stop()
    if (payload.length === 0) return sink.peerClosed(undefined)
    const code = payload.readUInt16BE(0)
    if (!isCloseCode(code)) sink.fault(WS_FAULT.protocol)
    else if (!isUtf8(payload.subarray(2))) sink.fault(WS_FAULT.notUtf8)
    else sink.peerClosed(code)
  }

  #fault(sink: FrameSink, fault: WsFault): undefined {
    this.stop()
    sink.fault(fault)
  }
}

const extraLengthBytes = (length7: number): number => (length7 < 126 ? 0 : length7 === 126 ? 2 : 8)

/** Lengths beyond what a number holds exactly are beyond every limit all the same. */
function payloadLength(data: Buffer, at: number): number {
  const length7 = (data[at] ?? 0) & 0x7f
  if (length7 < 126) return length7
  if (length7 === 126) return data.readUInt16BE(at + 1)
  return data.readUInt32BE(at + 1) * 2 ** 32 + data.readUInt32BE(at + 5)
}

/** In place. Answers whether all of it is ASCII: such text need not be checked, and is cheap to make. */
function unmask(data: Buffer, from: number, to: number): boolean {
  let seen = 0
  for (let at = from; at < to; at++) {
    const byte = (data[at] ?? 0) ^ (data[from - MASK_BYTES + ((at - from) & 3)] ?? 0)
    data[at] = byte
    seen |= byte
  }
  return seen < 0x80
}

/** Those that may travel in a close frame (RFC 6455 section 7.4). */
const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
  (code >= 3000 && code <= 4999)
