import type { Timers } from '@skein/core'
import { packHints } from './payload.ts'
import type { Parcel } from './wire.ts'

/** Encoded hints and messages that wait while publishes are under way; beyond it they are dropped. */
export const MAX_WAITING_CHARACTERS = 4 * 1024 * 1024
/** Soft frames are shed earlier, so that they never cost a hint. */
export const MAX_WAITING_SOFT_CHARACTERS = MAX_WAITING_CHARACTERS / 4

export interface OutgoingOptions {
  readonly node: string
  readonly timers: Timers
  readonly maxPayloadBytes: number
  readonly maxInFlight: number
  /** Rejects when it is not known whether the server took it. */
  readonly send: (parcels: readonly Parcel[]) => Promise<void>
}

/**
 * Gathers what a turn publishes into one write; while writes are under way the next one gathers.
 * Bounded: a bus that is too slow loses hints, not memory.
 */
export class Outgoing {
  readonly #options: OutgoingOptions
  /** Per channel, in the order of their first hint. */
  #hints = new Map<string, string[]>()
  #messages: Parcel[] = []
  #waiting = 0
  #waitingCharacters = 0
  #inFlight = 0
  #scheduled = false
  #onIdle: (() => void)[] = []
  published = 0
  dropped = 0

  constructor(options: OutgoingOptions) {
    this.#options = options
  }

  hint(channel: string, encoded: string): void {
    if (!this.#admit(encoded, MAX_WAITING_CHARACTERS)) return
    const waiting = this.#hints.get(channel)
    if (waiting === undefined) this.#hints.set(channel, [encoded])
    else waiting.push(encoded)
  }

  message(channel: string, payload: string, soft: boolean): boolean {
    if (!this.#admit(payload, soft ? MAX_WAITING_SOFT_CHARACTERS : MAX_WAITING_CHARACTERS)) return false
    this.#messages.push({ channel, payload })
    return true
  }

  /** The wire is gone: what waits is old by the time that there is another. */
  clear(): void {
    this.dropped += this.#waiting
    this.#take()
  }

  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void> {
    if (this.#waiting === 0 && this.#inFlight === 0) return Promise.resolve()
    return new Promise((resolve) => this.#onIdle.push(resolve))
  }

  #admit(encoded: string, maxCharacters: number): boolean {
    if (this.#waitingCharacters + encoded.length > maxCharacters) {
      this.dropped++
      return false
    }
    this.#waiting++
    this.#waitingCharacters += encoded.length
    this.#schedule()
    return true
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.timers.afterTurn(() => {
      this.#scheduled = false
      void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    if (this.#waiting === 0 || this.#inFlight >= this.#options.maxInFlight) return
    const count = this.#waiting
    const parcels = this.#take()
    this.#inFlight++
    try {
      await this.#options.send(parcels)
      this.published += count
    } catch {
      // Whoever holds the wire learns of its loss from the wire itself.
      this.dropped += count
    }
    this.#inFlight--
    if (this.#waiting > 0) this.#schedule()
    else if (this.#inFlight === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  #take(): Parcel[] {
    const { node, maxPayloadBytes } = this.#options
    const parcels = [...this.#hints].flatMap(([channel, hints]) =>
      packHints(node, hints, maxPayloadBytes).map((payload) => ({ channel, payload })),
    )
    parcels.push(...this.#messages)
    this.#hints = new Map()
    this.#messages = []
    this.#waiting = 0
    this.#waitingCharacters = 0
    return parcels
  }
}
