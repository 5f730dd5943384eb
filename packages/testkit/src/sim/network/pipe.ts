import type { Random } from '@skein/core'
import { exponential } from '../exponential.ts'
import type { VirtualTime } from '../virtual-time.ts'

/** The way between one client and one node, as it is now; faults change it. */
export interface LinkWay {
  /** Least time on the way. */
  latencyMs: number
  /** Mean of what comes on top, exponentially distributed. */
  jitterMs: number
  /** Bytes a second; Infinity: the sender never waits. */
  bytesPerSecond: number
  /** Nothing gets through; it is kept and goes on when the way is free again, as TCP does. */
  blocked: boolean
}

interface Item {
  readonly bytes: number
  readonly deliver: () => void
  arriveMs: number
}

/**
 * One direction of a connection: bytes arrive in order and none is lost while it lives. When it is
 * cut, the tail that is on its way is lost.
 */
export class Pipe {
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #way: LinkWay
  readonly #onDrained: () => void
  #held: Item[] = []
  #onWay: Item[] = []
  #bufferedBytes = 0
  #lineFreeMs = 0
  #lastArrivalMs = 0
  #cut = false

  constructor(time: VirtualTime, random: Random, way: LinkWay, onDrained: () => void = () => {}) {
    this.#time = time
    this.#random = random
    this.#way = way
    this.#onDrained = onDrained
  }

  /** Bytes that the network has not taken yet. */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  send(bytes: number, deliver: () => void): void {
    if (this.#cut) return
    const item: Item = { bytes, deliver, arriveMs: 0 }
    this.#bufferedBytes += bytes
    if (this.#way.blocked) this.#held.push(item)
    else this.#depart(item)
  }

  /** The way was blocked and is free: what was kept goes on. */
  unblocked(): void {
    const held = this.#held
    this.#held = []
    for (const item of held) this.#depart(item)
  }

  /** Everything on its way arrives this much later, and so does what follows it. */
  hold(extraMs: number): void {
    const items = this.#onWay
    this.#onWay = []
    for (const item of items) {
      item.arriveMs = this.#arrival(item.arriveMs + extraMs)
      this.#arrive(item)
    }
  }

  /** Loses the tail: each item on its way may be the first of those that never arrive. Nothing more is taken. */
  cutTail(): void {
    this.#cut = true
    this.#held = []
    const kept = Math.floor(this.#random.next() * (this.#onWay.length + 1))
    this.#onWay = this.#onWay.slice(0, kept)
  }

  /** Loses everything. */
  kill(): void {
    this.#cut = true
    this.#held = []
    this.#onWay = []
  }

  #depart(item: Item): void {
    const { bytesPerSecond, latencyMs, jitterMs } = this.#way
    const now = this.#time.nowMs
    if (bytesPerSecond === Infinity && this.#lineFreeMs <= now) {
      this.#bufferedBytes -= item.bytes
    } else {
      const busyMs = bytesPerSecond === Infinity ? 0 : (item.bytes * 1_000) / bytesPerSecond
      this.#lineFreeMs = Math.max(this.#lineFreeMs, now) + busyMs
      this.#time.after(this.#lineFreeMs - now, () => this.#taken(item.bytes))
    }
    const jitter = exponential(this.#random, jitterMs)
    item.arriveMs = this.#arrival(Math.max(this.#lineFreeMs, now) + latencyMs + jitter)
    this.#arrive(item)
  }

  #arrival(atMs: number): number {
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, atMs)
    return this.#lastArrivalMs
  }

  #arrive(item: Item): void {
    this.#onWay.push(item)
    const { arriveMs } = item
    this.#time.after(arriveMs - this.#time.nowMs, () => {
      // Held back or lost in the meantime: then this is not its arrival.
      if (item.arriveMs !== arriveMs || this.#onWay[0] !== item) return
      this.#onWay.shift()
      item.deliver()
    })
  }

  #taken(bytes: number): void {
    this.#bufferedBytes -= bytes
    if (this.#bufferedBytes === 0 && !this.#cut) this.#onDrained()
  }
}
