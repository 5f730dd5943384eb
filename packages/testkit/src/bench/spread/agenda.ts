import type { Random } from '@skein/core'
import { EventHeap } from '../../sim/event-heap.ts'

const never = (): boolean => false

/** Virtual time without promises: nothing in a simulation of strategies waits for anything. */
export class Agenda {
  readonly #heap = new EventHeap()
  #nowMs = 0
  #order = 0

  get nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): void {
    this.#heap.push({
      atMs: this.#nowMs + delayMs,
      order: this.#order++,
      run,
      cancelled: never,
      hold: never,
    })
  }

  /** Each `periodMs`, the first time after `phaseMs`, until the run ends. */
  every(periodMs: number, phaseMs: number, run: () => void): void {
    this.after(phaseMs, () => {
      run()
      this.every(periodMs, periodMs, run)
    })
  }

  runUntil(untilMs: number): void {
    for (let due = this.#heap.peek(); due !== undefined && due.atMs <= untilMs; due = this.#heap.peek()) {
      this.#heap.pop()
      this.#nowMs = due.atMs
      due.run()
    }
    this.#nowMs = untilMs
  }
}

/** Until the next of events that come independently, `meanMs` apart. */
export const untilNextMs = (random: Random, meanMs: number): number => -meanMs * Math.log(1 - random.next())

export const between = (random: Random, from: number, to: number): number =>
  from + (to - from) * random.next()
