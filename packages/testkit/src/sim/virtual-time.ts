import { seededRandom, type Cancel, type Clock, type Random, type Runtime, type Timers } from '@skein/core'
import { EventHeap, type Due } from './event-heap.ts'

/** Events per turn of the real loop: microtasks drain between immediates, so one turn serves many. */
const EVENTS_PER_TURN = 64
/** More than this at one moment of virtual time is a loop that does not let time go on. */
const MAX_EVENTS_PER_MOMENT = 50_000

/** A life: what it scheduled no longer happens once it has ended. */
interface Life {
  ended: boolean
}

/**
 * Virtual time. Events run one by one by (time, order of scheduling), and after each all microtasks
 * run, so that a seed always gives the same run. Nothing inside may wait for real time or real I/O.
 */
export class VirtualTime {
  #nowMs: number
  #order = 0
  #eventsRun = 0
  #eventsThisMoment = 0
  readonly #heap = new EventHeap()
  #failure: { readonly error: unknown } | undefined

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  get nowMs(): number {
    return this.#nowMs
  }

  get eventsRun(): number {
    return this.#eventsRun
  }

  /** Calls `run` after `delayMs`, whoever lives or dies. */
  after(delayMs: number, run: () => void): Cancel {
    return this.#schedule(delayMs, run, { ended: false })
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve))
  }

  actor(seed: number): Actor {
    return new Actor(this, seed, (delayMs, run, life) => this.#schedule(delayMs, run, life))
  }

  #schedule(delayMs: number, run: () => void, life: Life): Cancel {
    const due: Due = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      run,
      cancelled: () => life.ended,
    }
    this.#heap.push(due)
    return () => {
      due.cancelled = () => true
    }
  }

  /** Runs until `done` says so or nothing is left before `untilMs`. */
  run(untilMs: number, done: () => boolean = () => false): Promise<'done' | 'timeUp'> {
    return new Promise((resolve, reject) => {
      let settled = false
      const settle = (answer: () => void): void => {
        settled = true
        answer()
      }
      const step = (): void => {
        if (settled) return
        if (this.#failure !== undefined) return settle(() => reject(this.#failure?.error))
        if (done()) return settle(() => resolve('done'))
        if (!this.#runNext(untilMs)) {
          this.#nowMs = Math.max(this.#nowMs, untilMs)
          settle(() => resolve('timeUp'))
        }
      }
      const turn = (): void => {
        if (settled) return
        for (let i = 0; i < EVENTS_PER_TURN; i++) setImmediate(step)
        setImmediate(turn)
      }
      turn()
    })
  }

  /** Ends the run with an error: something that must not happen did. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  #countEvent(atMs: number): void {
    this.#eventsThisMoment = atMs === this.#nowMs ? this.#eventsThisMoment + 1 : 1
    this.#nowMs = Math.max(this.#nowMs, atMs)
    this.#eventsRun++
    if (this.#eventsThisMoment > MAX_EVENTS_PER_MOMENT) {
      this.fail(
        new Error(
          `${MAX_EVENTS_PER_MOMENT} events at ${atMs} ms: somebody schedules without letting time go on`,
        ),
      )
    }
  }

  #runNext(untilMs: number): boolean {
    for (;;) {
      const due = this.#heap.peek()
      if (due === undefined || due.atMs > untilMs) return false
      this.#heap.pop()
      if (due.cancelled()) continue
      this.#countEvent(due.atMs)
      try {
        due.run()
      } catch (error) {
        this.fail(error)
      }
      return true
    }
  }
}

/** One process in the simulation: its own clock, timers that die with it, randomness of its own. */
export class Actor implements Runtime {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly #life: Life = { ended: false }
  #skewMs = 0

  constructor(
    time: VirtualTime,
    seed: number,
    schedule: (delayMs: number, run: () => void, life: Life) => Cancel,
  ) {
    this.random = seededRandom(seed)
    this.clock = { now: () => Math.floor(time.nowMs + this.#skewMs), monotonicMs: () => time.nowMs }
    this.timers = {
      after: (delayMs, run) => schedule(delayMs, run, this.#life),
      afterTurn: (run) => void schedule(0, run, this.#life),
    }
  }

  get ended(): boolean {
    return this.#life.ended
  }

  /** Sets the wall clock off by this much; monotonic time is not touched. */
  skew(ms: number): void {
    this.#skewMs = ms
  }

  /** Nothing that it scheduled happens any more. */
  end(): void {
    this.#life.ended = true
  }
}
