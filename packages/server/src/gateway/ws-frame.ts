import type { Encoded } from '../delivery/encoded.ts'

const FIN_TEXT = 0x81
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

/**
 * Joins frames into one buffer, and remembers the last result: in a fan-out the same frames go to
 * socket after socket, and each then costs one write of one shared buffer.
 */
export class FrameJoiner {
  #lastMessages: readonly Encoded[] = []
  #lastFrames: readonly Uint8Array[] = []

  /** One buffer, or several when they are too large to copy. `messages` is not empty. */
  join(messages: readonly Encoded[]): readonly Uint8Array[] {
    if (!this.#isLast(messages)) {
      const frames = messages.map((message) => message.wire(frameText))
      const bytes = frames.reduce((sum, frame) => sum + frame.length, 0)
      this.#lastFrames =
        frames.length > 1 && bytes <= JOIN_MAX_BYTES ? [Buffer.concat(frames, bytes)] : frames
      this.#lastMessages = [...messages]
    }
    return this.#lastFrames
  }

  #isLast(messages: readonly Encoded[]): boolean {
    const last = this.#lastMessages
    return messages.length === last.length && messages.every((message, index) => message === last[index])
  }
}
