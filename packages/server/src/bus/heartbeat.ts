import type { Cancel, Timers } from '@skein/core'

/** How often a beat is sent. */
export const BEAT_EVERY_MS = 500
/** Beats in a row without an answer until the wire counts as silent: noticed 1.5 to 2 s after it fell silent. */
export const MAX_MISSED_BEATS = 3

export interface HeartbeatOptions {
  readonly timers: Timers
  /** Sends a beat to this node itself, through the bus. Resolves when the server took it. */
  readonly send: (beat: number) => Promise<void>
  /** A beat was taken and came back. */
  readonly onBeat: () => void
  /** `everBeat`: whether one beat made it. */
  readonly onSilent: (everBeat: boolean) => void
}

/**
 * Sends beats to itself through the bus: one that is taken and heard proves both directions of both
 * connections. Ticks are counted, not milliseconds: after a pause of this process the first tick finds
 * an old beat, and the next one finds what arrived meanwhile.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #sent = 0
  #taken = 0
  #heard = 0
  #missed = 0
  #proved = 0
  #provedAtTick = 0
  #cancel: Cancel | undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  start(): void {
    this.#tick()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  heard(beat: number): void {
    this.#heard = Math.max(this.#heard, beat)
    this.#judge()
  }

  #tick(): void {
    // A slow bus answers late and still answers.
    const alive = this.#proved === this.#sent || this.#proved > this.#provedAtTick
    this.#missed = alive ? 0 : this.#missed + 1
    this.#provedAtTick = this.#proved
    if (this.#missed >= MAX_MISSED_BEATS) return this.#options.onSilent(this.#proved > 0)
    const beat = ++this.#sent
    this.#options.send(beat).then(
      () => {
        this.#taken = Math.max(this.#taken, beat)
        this.#judge()
      },
      // A wire that fails says so itself; a beat that is not taken is a missed one.
      () => undefined,
    )
    this.#cancel = this.#options.timers.after(BEAT_EVERY_MS, () => this.#tick())
  }

  #judge(): void {
    const proved = Math.min(this.#taken, this.#heard)
    if (proved <= this.#proved) return
    this.#proved = proved
    this.#options.onBeat()
  }
}
