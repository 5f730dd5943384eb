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

  /** @throws OptionError by name and value. */
  constructor(options: AdmissionOptions, random: Random) {
    optionBetween('leastRetryAfterMs', options.leastRetryAfterMs, 0, Infinity)
    optionBetween('mostRetryAfterMs', options.mostRetryAfterMs, options.leastRetryAfterMs, Infinity)
    optionBetween('more', options.more ?? MORE, Number.MIN_VALUE, 1)
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
    const { isStanding, leastWaitMs } = verdict
    if (isStanding) {
      const drain = Math.min(MOST_DRAIN, leastWaitMs / (DRAIN_INTERVALS * this.#options.intervalMs))
      this.#lower(this.#admitted - this.#served * (1 - drain))
    } else {
      this.#raise(Math.max(1, this.#sum() * (this.#options.more ?? MORE)))
    }
    this.#served = 0
    this.#arrived.fill(0)
    this.#admitted = 0
  }

  /** The first level stays: who lets nobody in learns nothing. */
  #lower(count: number): void {
    let left = count
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

  #sum(): number {
    let sum = 0
    for (const count of this.#arrived) sum += count
    return sum
  }
}
