import type { Encoded } from '../delivery/encoded.ts'

const FIN_TEXT = 0x81
const FIN_CLOSE = 0x88
const FIN_PONG = 0x8a
/** Beyond this a copy costs more than the extra buffers of one writev. */
const JOIN_MAX_BYTES = 65_536

/** A complete unmasked text frame (RFC 6455 section 5.2). */
export function frameText(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headerLength + length)
  frame[0] = FIN_TEXT
  if (headerLength === 2) {
    frame[1] = length
  } else if (headerLength === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeUInt32BE(Math.floor(length / 2 ** 32), 2)
    frame.writeUInt32BE(length >>> 0, 6)
  }
  frame.write(text, headerLength)
  return frame
}

/** What may be sent as a close frame's reason: control frames have 125 bytes, two of them the code. */
const CLOSE_REASON_MAX_BYTES = 123

/** Without a code the frame is empty. */
export function closeFrame(code: number | undefined, reason: string): Buffer {
  if (code === undefined) return Buffer.from([FIN_CLOSE, 0])
  const text = Buffer.from(truncateUtf8(reason, CLOSE_REASON_MAX_BYTES))
  return Buffer.concat([Buffer.from([FIN_CLOSE, 2 + text.length, code >> 8, code & 0xff]), text])
}

/** `payload`: that of the ping, at most 125 bytes. */
export const pongFrame = (payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([FIN_PONG, payload.length]), payload])

/** Cuts between characters, so that the text stays valid UTF-8. */
export function truncateUtf8(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  let cut = ''
  let bytes = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    cut += character
  }
  return cut
}

/**
 * Joins frames into one buffer, and remembers the last result: in a fan-out the same frames go to
 * socket after socket, and each then costs one write of one shared buffer.
 */
export class FrameJoiner {
  #lastMessages: readonly Encoded[] = []
  #lastJoined: Uint8Array | undefined

  /** Undefined when they are too large to copy. `messages` is not empty, and is not changed afterwards. */
  join(messages: readonly Encoded[]): Uint8Array | undefined {
    if (messages.length === 1) return messages[0]?.wire(frameText)
    if (!areSame(messages, this.#lastMessages)) {
      this.#lastMessages = messages
      this.#lastJoined = joined(messages)
    }
    return this.#lastJoined
  }
}

function joined(messages: readonly Encoded[]): Buffer | undefined {
  let bytes = 0
  for (const message of messages) bytes += message.wire(frameText).length
  if (bytes > JOIN_MAX_BYTES) return undefined
  const buffer = Buffer.allocUnsafe(bytes)
  let at = 0
  for (const message of messages) {
    const frame = message.wire(frameText)
    buffer.set(frame, at)
    at += frame.length
  }
  return buffer
}

function areSame(some: readonly Encoded[], others: readonly Encoded[]): boolean {
  if (some.length !== others.length) return false
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false
  return true
}
