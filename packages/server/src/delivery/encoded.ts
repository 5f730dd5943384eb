import { joinEncoded, type ServerFrame } from '@skein/protocol'

/**
 * A message, encoded once however many sockets it goes to. The gateway keeps the framed bytes on it,
 * so that the second socket costs no encoding either.
 */
export class Encoded {
  readonly text: string
  #wire: Uint8Array | undefined

  constructor(text: string) {
    this.text = text
  }

  /** The bytes that the gateway writes, made by `frame` at the first call. */
  wire(frame: (text: string) => Uint8Array): Uint8Array {
    this.#wire ??= frame(this.text)
    return this.#wire
  }
}

export const encode = (frame: ServerFrame): Encoded => new Encoded(JSON.stringify(frame))

/** Several frames as one message. */
export const encodeAll = (frames: readonly ServerFrame[]): Encoded =>
  new Encoded(joinEncoded(frames.map((frame) => JSON.stringify(frame))))
