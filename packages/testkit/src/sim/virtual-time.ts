import {
  randomInt,
  seededRandom,
  type Cancel,
  type Clock,
  type Random,
  type Runtime,
  type Timers,
} from '@skein/core'
import { EventHeap, type Due } from './event-heap.ts'

/** Events per turn of the real loop: microtasks drain between immediates, so one turn serves many. */
const EVENTS_PER_TURN = 64
/** More than this at one moment of virtual time is a loop that does not let time go on. */
const MAX_EVENTS_PER_MOMENT = 50_000

/** For a part that has randomness of its own, so that parts do not disturb each other's. */
export const seedFrom = (random: Random): number => randomInt(random, 2 ** 32)

/** A life: what it scheduled no longer happens once it has ended, and waits while it is paused. */
interface Life {
  ended: boolean
  /** What came due during the pause; undefined: it is not paused. */
  held: Due[] | undefined
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
    return this.#schedule(delayMs, run, { ended: false, held: undefined })
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve))
  }

  actor(seed: number): Actor {
    return new Actor(this, seed, {
      schedule: (delayMs, run, life) => this.#schedule(delayMs, run, life),
      release: (held) => this.#release(held),
    })
  }

  /** In the order in which it came due, all at once: as the timers of a process that was stopped. */
  #release(held: readonly Due[]): void {
    for (const { run, cancelled, hold } of held)
      this.#heap.push({ atMs: this.#nowMs, order: this.#order++, run, cancelled, hold })
  }

  #schedule(delayMs: number, run: () => void, life: Life): Cancel {
    let cancelled = false
    const due: Due = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      run,
      cancelled: () => cancelled || life.ended,
      hold: (held) => life.held?.push(held) !== undefined,
    }
    this.#heap.push(due)
    return () => {
      cancelled = true
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
      if (due.cancelled() || due.hold(due)) continue
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

interface Scheduler {
  schedule(delayMs: number, run: () => void, life: Life): Cancel
  release(held: readonly Due[]): void
}

/** One process in the simulation: its own clock, timers that die with it, randomness of its own. */
export class Actor implements Runtime {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly #time: VirtualTime
  readonly #scheduler: Scheduler
  readonly #life: Life = { ended: false, held: undefined }
  #skewMs = 0
  #lagMs = 0
  /** When it hears next, at the earliest: in order. */
  #hearsAtMs = 0
  /** Came from outside during a pause and is not heard yet. */
  #waiting = 0

  constructor(time: VirtualTime, seed: number, scheduler: Scheduler) {
    this.#time = time
    this.#scheduler = scheduler
    this.random = seededRandom(seed)
    this.clock = { now: () => Math.floor(time.nowMs + this.#skewMs), monotonicMs: () => time.nowMs }
    this.timers = {
      after: (delayMs, run) => scheduler.schedule(delayMs + this.#lagMs, run, this.#life),
      afterTurn: (run) => void scheduler.schedule(0, run, this.#life),
    }
  }

  get ended(): boolean {
    return this.#life.ended
  }

  get paused(): boolean {
    return this.#life.held !== undefined
  }

  /** Sets the wall clock off by this much; monotonic time is not touched. */
  skew(ms: number): void {
    this.#skewMs = ms
  }

  /** How long its loop takes to come to what is there for it. */
  get lagMs(): number {
    return this.#lagMs
  }

  /** From now on it hears everything this much later, and its timers ring late; 0: it is well. */
  slow(lagMs: number): void {
    this.#lagMs = lagMs
  }

  /** It does nothing until `resume`, and does not notice. */
  pause(): void {
    this.#life.held ??= []
  }

  resume(): void {
    const held = this.#life.held ?? []
    this.#life.held = undefined
    this.#scheduler.release(held)
  }

  /** Nothing that it scheduled happens any more. */
  end(): void {
    this.#life.ended = true
  }

  /** Something from outside reaches it: now, when its loop or the end of a pause allows, or never. In order. */
  reach(run: () => void): void {
    if (this.#life.ended) return
    if (!this.paused && this.#waiting === 0 && this.#lagMs === 0) return run()
    this.#waiting++
    const { nowMs } = this.#time
    this.#hearsAtMs = Math.max(this.#hearsAtMs, nowMs + this.#lagMs)
    const heard = (): void => {
      this.#waiting--
      run()
    }
    this.#scheduler.schedule(this.#hearsAtMs - nowMs, heard, this.#life)
  }

  /** As it hears an answer from outside. */
  hear<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => this.reach(() => resolve(value)),
        (error: Error) => this.reach(() => reject(error)),
      )
    })
  }
}
