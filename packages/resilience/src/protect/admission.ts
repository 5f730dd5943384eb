import { randomInt, type Random } from '@skein/core'
import { unitHash } from '../balance/rendezvous.ts'
import { optionBetween } from '../options.ts'
import { StandingQueue, type StandingQueueOptions } from './standing-queue.ts'

/** Who is turned away last comes first. */
export const PRIORITIES = ['resume', 'existing', 'new', 'soft'] as const

/** Resuming a session, work of one that is here, a new session, typing and presence. */
export type Priority = (typeof PRIORITIES)[number]

export interface AdmissionOptions extends StandingQueueOptions {
  /** Who is turned away is told to come back after a random time within these, in milliseconds. */
  readonly leastRetryAfterMs: number
  readonly mostRetryAfterMs: number
  /** Without a queue so many more are let in per interval, of all who came, in (0, 1]; 0.01, as DAGOR, unless told. */
  readonly more?: number
  /**
   * For callers whose refused are quiet until they are told to come: counting them says nothing of what they
   * will bring. Then this part of the levels that are let in is added per interval, in (0, 1], instead of `more`;
   * more while less is served than was before, and faster and faster when nobody has waited for longer than
   * `mostRetryAfterMs`: then all who were let in are back.
   */
  readonly rise?: number
  /** To get rid of a queue at most this part of what is served is held back, in [0, 1); 0.7 unless told. */
  readonly mostDrain?: number
}

export const DEFAULT_ADMISSION: AdmissionOptions = {
  // WeChat's bound of the average wait; here of the least.
  targetMs: 20,
  intervalMs: 100,
  leastRetryAfterMs: 500,
  mostRetryAfterMs: 4_000,
}

export type AdmissionVerdict =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly retryAfterMs: number }

/** Levels within one priority: a part of the users is turned away, not a part of what everybody does. */
const USER_LEVELS = 128
const LEVELS = PRIORITIES.length * USER_LEVELS
/** Which users are turned away first changes, so that it is not always the same. */
const ROTATION_MS = 3_600_000
/** DAGOR's. */
const MORE = 0.01
/** A queue is to be gone after so many intervals, */
const DRAIN_INTERVALS = 10
/** but for that at most this part of what is served is held back. */
const MOST_DRAIN = 0.7
/** Levels per interval that `rise` adds at least and at most, and in how many intervals it doubles. */
const LEAST_RISE = 0.125
const MOST_RISE = 16
const RISE_DOUBLES_IN = 5
/** With `rise` no interval shuts out more than this part of what came and was let in: the way back is long. */
const MOST_CUT = 0.3
/** So much of the room that it seems to have is given away per interval: whoever is let in comes later. */
const ROOM_PART = 0.1
/** What of the most that was served is still believed an interval later. */
const MEMORY = 0.995
/** Weight of the newest interval in what is usually served. */
const NEWEST_PART = 0.3

/**
 * Lets in as many as do not queue up, by priority and then by user. There is one bound: levels below it
 * are let in. With a standing queue it is lowered to as many as were served meanwhile, less what the queue
 * needs to drain; without, it is raised. How many each level stands for is counted from the arrivals.
 * Source: Zhou et al., "Overload Control for Scaling WeChat Microservices", 2018 (DAGOR): levels, counting,
 * the rise. It lowers by 5 % per interval, whatever is served: too slow for a storm, and too far after it.
 */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #random: Random
  readonly #queue: StandingQueue
  #bound = LEVELS
  #arrived: number[] = Array.from({ length: LEVELS }, () => 0)
  #admitted = 0
  #served = 0
  #hasOverflowed = false
  /** Per interval, of late: batches make one interval unlike the next. */
  #usuallyServed = 0
  /** The most of that, in the last minute or so. */
  #mostServed = 0
  /** Intervals in a row without a queue. */
  #calm = 0
  #judgedAtMs = 0

  /** @throws OptionError by name and value. */
  constructor(options: AdmissionOptions, random: Random) {
    optionBetween('leastRetryAfterMs', options.leastRetryAfterMs, 0, Infinity)
    optionBetween('mostRetryAfterMs', options.mostRetryAfterMs, options.leastRetryAfterMs, Infinity)
    optionBetween('more', options.more ?? MORE, Number.MIN_VALUE, 1)
    if (options.rise !== undefined) optionBetween('rise', options.rise, Number.MIN_VALUE, 1)
    optionBetween('mostDrain', options.mostDrain ?? MOST_DRAIN, 0, 1)
    this.#options = options
    this.#random = random
    this.#queue = new StandingQueue(options)
  }

  /** Which priorities are let in, wholly (1), in part, or not at all (0). */
  get open(): Record<Priority, number> {
    const partOf = (index: number): number =>
      Math.min(1, Math.max(0, (this.#bound - index * USER_LEVELS) / USER_LEVELS))
    return { resume: partOf(0), existing: partOf(1), new: partOf(2), soft: partOf(3) }
  }

  /** Somebody who was let in is served now, after so long. To be told of each. */
  waited(waitMs: number, nowMs: number): void {
    this.#judge(nowMs)
    this.#queue.waited(waitMs)
    this.#served++
  }

  /** The queue is as long as it may be: it stands, whatever anybody waited. */
  overflowed(nowMs: number): void {
    this.#judge(nowMs)
    this.#hasOverflowed = true
  }

  /** @param user decides who of one priority is turned away; absent: chance does */
  ask(priority: Priority, user: string | undefined, nowMs: number): AdmissionVerdict {
    this.#judge(nowMs)
    const level = PRIORITIES.indexOf(priority) * USER_LEVELS + this.#userLevel(user, nowMs)
    this.#arrived[level] = (this.#arrived[level] ?? 0) + 1
    if (level < this.#bound) {
      this.#admitted++
      return { admitted: true }
    }
    const { leastRetryAfterMs, mostRetryAfterMs } = this.#options
    const spreadMs = this.#random.next() * (mostRetryAfterMs - leastRetryAfterMs)
    return { admitted: false, retryAfterMs: Math.ceil(leastRetryAfterMs + spreadMs) }
  }

  #userLevel(user: string | undefined, nowMs: number): number {
    if (user === undefined) return randomInt(this.#random, USER_LEVELS)
    return Math.floor(unitHash(`${Math.floor(nowMs / ROTATION_MS)} ${user}`) * USER_LEVELS)
  }

  #judge(nowMs: number): void {
    const verdict = this.#queue.judge(nowMs)
    if (verdict === undefined) return
    const isStanding = verdict.isStanding || this.#hasOverflowed
    const leastWaitMs = this.#hasOverflowed
      ? Math.max(verdict.leastWaitMs, this.#options.targetMs)
      : verdict.leastWaitMs
    this.#hasOverflowed = false
    const { intervalMs, mostDrain = MOST_DRAIN, more = MORE, rise } = this.#options
    // Nobody was there to be asked in those that passed since: they were as calm.
    const intervals = Math.max(1, Math.floor((nowMs - this.#judgedAtMs) / intervalMs))
    this.#judgedAtMs = nowMs
    if (isStanding) this.#calm = 0
    this.#usuallyServed += NEWEST_PART * (this.#served - this.#usuallyServed)
    this.#mostServed = Math.max(this.#usuallyServed, this.#mostServed * MEMORY)
    if (isStanding) {
      const drain = Math.min(mostDrain, leastWaitMs / (DRAIN_INTERVALS * intervalMs))
      const tooMany = this.#admitted - Math.max(this.#served, this.#usuallyServed) * (1 - drain)
      this.#lower(rise === undefined ? tooMany : Math.min(tooMany, this.#admitted * MOST_CUT))
    } else if (rise === undefined) this.#raise(Math.max(1, this.#sum() * more))
    else this.#rise(rise, intervals)
    this.#served = 0
    this.#arrived.fill(0)
    this.#admitted = 0
  }

  /** The first level stays: who lets nobody in learns nothing. */
  #lower(count: number): void {
    let left = count
    this.#bound = Math.ceil(this.#bound)
    while (left > 0 && this.#bound > 1) {
      this.#bound--
      left -= this.#arrived[this.#bound] ?? 0
    }
  }

  /** At least one level, also when more come at it than one per cent. */
  #raise(count: number): void {
    let left = count
    while (left > 0 && this.#bound < LEVELS) {
      left -= this.#arrived[this.#bound] ?? 0
      this.#bound++
    }
  }

  #rise(part: number, intervals: number): void {
    const { intervalMs, mostRetryAfterMs } = this.#options
    for (let left = intervals; left > 0 && this.#bound < LEVELS; left--) {
      const open = this.#bound % USER_LEVELS
      const surelyCalm = Math.max(0, ++this.#calm - Math.ceil(mostRetryAfterMs / intervalMs))
      const speed = 2 ** Math.floor(surelyCalm / RISE_DOUBLES_IN)
      // A server that served more a while ago has room for them.
      const room = this.#mostServed === 0 ? 0 : 1 - this.#usuallyServed / this.#mostServed
      const levels = Math.min(
        MOST_RISE,
        Math.max(LEAST_RISE, open * Math.max(part, room * ROOM_PART)) * speed,
      )
      this.#bound = Math.min(LEVELS, this.#bound + levels)
    }
  }

  #sum(): number {
    let sum = 0
    for (const count of this.#arrived) sum += count
    return sum
  }
}
