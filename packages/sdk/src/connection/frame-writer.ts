import type { Timers } from '@skein/core'
import { joinEncoded, LIMITS } from '@skein/protocol'

const encoder = new TextEncoder()
export const utf8Bytes = (text: string): number => encoder.encode(text).length

/** Brackets and commas of a full message. */
const ENVELOPE_BYTES = LIMITS.framesPerMessage + 1

/** Gathers the frames of a turn into as few messages as the limits of the wire allow. */
export class FrameWriter {
  readonly #timers: Timers
  readonly #write: (text: string) => void
  #frames: string[] = []
  #scheduled = false

  constructor(timers: Timers, write: (text: string) => void) {
    this.#timers = timers
    this.#write = write
  }

  push(frame: string): void {
    this.#frames.push(frame)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#timers.afterTurn(() => {
      this.#scheduled = false
      this.flush()
    })
  }

  flush(): void {
    const frames = this.#frames
    this.#frames = []
    let message: string[] = []
    let bytes = 0
    for (const frame of frames) {
      const size = utf8Bytes(frame)
      const full =
        message.length >= LIMITS.framesPerMessage || bytes + size > LIMITS.messageBytes - ENVELOPE_BYTES
      if (message.length > 0 && full) {
        this.#write(joinEncoded(message))
        message = []
        bytes = 0
      }
      message.push(frame)
      bytes += size
    }
    if (message.length > 0) this.#write(joinEncoded(message))
  }

  clear(): void {
    this.#frames = []
  }
}
