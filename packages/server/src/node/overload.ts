import type { Runtime } from '@skein/core'
import { Admission, PRIORITIES, type Priority } from '@skein/resilience'
import type { BatchBegun } from '../log/commit-lane.ts'
import type { CommitBreaker } from '../log/commit-breaker.ts'
import type { GuardStatus } from '../observe/guards.ts'
import type { Logger } from '../observe/logger.ts'
import type { NodeLimits } from './limits.ts'
import { ServedRate } from './served-rate.ts'

/** Turned away before anything was done for it. */
export interface TurnedAway {
  readonly code: 'overloaded' | 'unavailable'
  /** Nothing that JSON would escape: it is written as it is. */
  readonly message: string
  readonly retryAfterMs: number
}

export interface OverloadOptions {
  readonly limits: Pick<NodeLimits, 'queueTargetMs'>
  readonly runtime: Runtime
  readonly logger: Logger
  /** How long what comes now has waited for the loop. */
  readonly loopLagMs: () => number
  readonly commits: {
    readonly breaker: Pick<CommitBreaker, 'look' | 'retryAfterMs' | 'state'>
    readonly waitingEntries: number
  }
}

/** The least wait within this time tells a standing queue from a burst. */
const INTERVAL_MS = 250
/**
 * Fewer than this in an interval are no crowd: a node that makes so few wait is kept from working by
 * something else (its host, its database), and refusing them would not help it.
 */
const LEAST_CROWD = 50
/** Who is turned away is quiet for this long: enough of them to make room, and some still within a sender's patience. */
const RETRY = { leastRetryAfterMs: 500, mostRetryAfterMs: 2_500 }
/**
 * Who was let in again comes when he was told to, and brings what he could not send meanwhile: five in a hundred
 * more per second are as many as a full node can take along.
 */
const RISE = 0.0125
/** A queue is worked off beside what comes, not instead of it. */
const MOST_DRAIN = 0.15
/** No more wait than are served in twice the target; so many always may. */
const LEAST_WAITING = 5_000
/** Who came when the queue was full may be let in all the same, and soon: what he sends should not be old by then. */
const OVERFLOW_RETRY = { leastMs: 250, mostMs: 750 }
/** Batches may be further apart than the interval: for so long what comes meanwhile is judged by the next one. */
const MOST_INTERVAL_MS = 1_000
/** A send waits for the loop twice: to be read, and for its commit's answer. */
const LOOP_PASSES = 2
/** Those whom the breaker turned away come back when it may be closed again, and spread over this. */
const BREAKER_RETRY = { leastMs: 250, mostMs: 500, spreadMs: 500 }
/** Overload comes and goes many times a minute; it is logged this often at most. */
const LOG_EVERY_MS = 10_000

const TOO_MUCH = 'more comes than this node can serve now'
const NO_COMMITS = 'the database takes no commits now; nothing was stored'

/**
 * Who is let in, by how long others wait: one for the node, asked before anything is done. A session that
 * is turned away is told when to come back.
 */
export class Overload {
  readonly #options: OverloadOptions
  readonly #admission: Admission
  readonly #refused: Record<Priority, number> = { resume: 0, existing: 0, new: 0, soft: 0 }
  #refusedByBreaker = 0
  /** When this turn of the loop began. */
  #turnMs = 0
  /** As of when admission counts: that of a turn, since turns may be longer than its interval. */
  #countedMs = 0
  #hasBegun = false
  #isTurnOpen = false
  #refusesSends = false
  /** What was asked in this interval, and in the one before. */
  #crowd = { index: 0, now: 0, before: 0 }
  readonly #rate = new ServedRate()
  /** As of this turn: how many more may come to wait. */
  #room = 0
  #laneWaitMs = 0
  #laneWaitAtMs = -Infinity
  #loggedAtMs = -Infinity

  constructor(options: OverloadOptions) {
    this.#options = options
    const { limits, runtime } = options
    const admission = {
      targetMs: limits.queueTargetMs,
      intervalMs: INTERVAL_MS,
      ...RETRY,
      rise: RISE,
      mostDrain: MOST_DRAIN,
    }
    this.#admission = new Admission(admission, runtime.random)
  }

  /** Some sends are turned away now: look at each before it is parsed. As of this turn. */
  get refusesSends(): boolean {
    this.#openTurn()
    return this.#refusesSends
  }

  /** For a send, which then waits for its batch. */
  askToSend(user: string): TurnedAway | undefined {
    this.#openTurn()
    const { breaker } = this.#options.commits
    if (breaker.state.name !== 'closed' && breaker.retryAfterMs > 0)
      return this.#noCommits(breaker.retryAfterMs)
    const turned = this.#ask('existing', user)
    if (turned !== undefined) return turned
    if (this.#room > 0 && !this.#isTurnTooLong()) {
      this.#room--
      return undefined
    }
    this.#admission.overflowed(this.#countedMs)
    return this.#turnAway('existing', this.#between(OVERFLOW_RETRY))
  }

  /** For anything else, which is begun at once. */
  ask(priority: Priority, user?: string): TurnedAway | undefined {
    this.#openTurn()
    const turned = this.#ask(priority, user)
    // It is served without a queue of its own: as long as the others wait.
    if (turned === undefined) this.#admission.waited(this.#judgedMs(), this.#countedMs)
    return turned
  }

  /** What is turned away again without being asked, since it did not wait. */
  countAgain(code: TurnedAway['code']): void {
    if (code === 'unavailable') this.#refusedByBreaker++
    else this.#refused.existing++
  }

  /**
   * A batch begins. What only gathered while another of its lane was under way is group commit, not a queue;
   * what found no place in it is one, and so is waiting for the commits of other lanes.
   */
  began({ entries, leastWaitMs, slotWaitMs, leftBehind }: BatchBegun): void {
    this.#openTurn()
    this.#laneWaitMs = leftBehind > 0 ? Math.max(leastWaitMs, slotWaitMs) : slotWaitMs
    this.#laneWaitAtMs = this.#turnMs
    const waitMs = this.#judgedMs()
    this.#rate.served(entries, this.#turnMs)
    for (let entry = 0; entry < entries; entry++) this.#admission.waited(waitMs, this.#countedMs)
    this.#hasBegun = true
  }

  status(): readonly GuardStatus[] {
    const { limits, commits, runtime } = this.#options
    const { state } = commits.breaker
    const shut = PRIORITIES.filter((priority) => this.#admission.open[priority] < 1)
    const breaker = {
      name: 'database.commits',
      kind: 'breaker',
      state: state.name,
      refused: this.#refusedByBreaker,
      ...(state.name === 'open' && { reason: state.reason }),
      ...(state.name === 'halfOpen' && { reason: 'probing' }),
    } as const
    const admission = {
      name: 'admission',
      kind: 'admission',
      state: shut.length > 0 ? 'acting' : 'idle',
      used: Math.round(this.#isRecent(runtime.clock.monotonicMs()) ? this.#waitMs() : this.#lagMs()),
      bound: limits.queueTargetMs,
      unit: 'ms',
      refused: PRIORITIES.reduce((sum, priority) => sum + this.#refused[priority], 0),
      ...(shut.length > 0 && { reason: this.#reason() }),
    } as const
    return [admission, breaker]
  }

  #ask(priority: Priority, user: string | undefined): TurnedAway | undefined {
    this.#crowd.now++
    const verdict = this.#admission.ask(priority, user, this.#countedMs)
    return verdict.admitted ? undefined : this.#turnAway(priority, verdict.retryAfterMs)
  }

  #turnAway(priority: Priority, retryAfterMs: number): TurnedAway {
    this.#refused[priority]++
    if (priority === 'existing') this.#refusesSends = true
    this.#log()
    return { code: 'overloaded', message: TOO_MUCH, retryAfterMs }
  }

  #between({ leastMs, mostMs }: typeof OVERFLOW_RETRY): number {
    return Math.ceil(leastMs + (mostMs - leastMs) * this.#options.runtime.random.next())
  }

  /**
   * The loop reads all that lies in all sockets before it begins a batch or looks at its timers. With more
   * there than can be served, that turn would not end: what it has no time for is turned away, and counts as
   * come, so that the next turn lets in fewer.
   */
  #isTurnTooLong(): boolean {
    const { limits, runtime } = this.#options
    if (this.#crowd.now < LEAST_CROWD) return false
    return runtime.clock.monotonicMs() - this.#turnMs > limits.queueTargetMs
  }

  #noCommits(retryAfterMs: number): TurnedAway {
    this.#refusedByBreaker++
    this.#refusesSends = true
    const { leastMs, mostMs, spreadMs } = BREAKER_RETRY
    const spread = spreadMs * this.#options.runtime.random.next()
    return {
      code: 'unavailable',
      message: NO_COMMITS,
      retryAfterMs: Math.ceil(Math.max(leastMs, Math.min(retryAfterMs, mostMs)) + spread),
    }
  }

  #openTurn(): void {
    if (this.#isTurnOpen) return
    const { runtime, commits, limits } = this.#options
    this.#isTurnOpen = true
    runtime.timers.afterTurn(() => {
      this.#isTurnOpen = false
    })
    this.#turnMs = runtime.clock.monotonicMs()
    // Without a batch there is no telling how long those wait who came since the last one.
    const mayWait = commits.waitingEntries > 0 && this.#turnMs - this.#countedMs < MOST_INTERVAL_MS
    if (this.#hasBegun || !mayWait) this.#countedMs = this.#turnMs
    this.#hasBegun = false
    const mostWaiting = (2 * limits.queueTargetMs * this.#rate.perSecond(this.#turnMs)) / 1_000
    this.#room = Math.max(LEAST_WAITING, mostWaiting) - commits.waitingEntries
    this.#openInterval(Math.floor(this.#turnMs / INTERVAL_MS))
    commits.breaker.look()
    this.#refusesSends = commits.breaker.state.name !== 'closed' || this.#admission.open.existing < 1
  }

  #openInterval(index: number): void {
    const { index: known, now } = this.#crowd
    if (index !== known) this.#crowd = { index, now: 0, before: index === known + 1 ? now : 0 }
  }

  /** The wait as admission is to take it. */
  #judgedMs(): number {
    return Math.max(this.#crowd.now, this.#crowd.before) < LEAST_CROWD ? 0 : this.#waitMs()
  }

  #lagMs(): number {
    return LOOP_PASSES * this.#options.loopLagMs()
  }

  #waitMs(): number {
    return (this.#isRecent(this.#turnMs) ? this.#laneWaitMs : 0) + this.#lagMs()
  }

  #isRecent(nowMs: number): boolean {
    return nowMs - this.#laneWaitAtMs < INTERVAL_MS
  }

  #reason(): string {
    const { open } = this.#admission
    const parts = PRIORITIES.filter((priority) => open[priority] < 1)
      .map((priority) => `${Math.round(100 * (1 - open[priority]))} % of ${priority}`)
      .join(', ')
    return `everybody waits too long; turned away: ${parts}`
  }

  #log(): void {
    if (this.#turnMs - this.#loggedAtMs < LOG_EVERY_MS) return
    this.#loggedAtMs = this.#turnMs
    const { limits, logger } = this.#options
    const fields = { waitMs: Math.round(this.#waitMs()), queueTargetMs: limits.queueTargetMs }
    logger.warn(fields, `overload: ${this.#reason()}`)
  }
}
