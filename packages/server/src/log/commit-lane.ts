import { assert, SkeinError, type Cancel, type Runtime } from '@skein/core'
import { fullJitterMs } from '@skein/resilience'
import type { NodeLimits } from '../node/limits.ts'
import type { Logger } from '../observe/logger.ts'
import { StoreError } from '../store/store-error.ts'
import type { CommitEntry, CommitOutcome, LogRecord, Store } from '../store/store.ts'
import { countExpired, cutBatch } from './batch.ts'
import type { CommitAttempt, CommitBreaker } from './commit-breaker.ts'
import type { CommitSlots, SlotWaiter } from './commit-slots.ts'

/** A batch that begins, and how long its entries had waited for that. */
export interface BatchBegun {
  readonly entries: number
  readonly leastWaitMs: number
  /** How long its lane could have begun, and had to wait for others. */
  readonly slotWaitMs: number
  readonly sumWaitMs: number
  /** Found no place in it: a queue, more than what gathers while a commit is under way. */
  readonly leftBehind: number
}

export interface CommitLaneOptions {
  readonly store: Pick<Store, 'commit'>
  readonly runtime: Runtime
  readonly limits: NodeLimits
  readonly logger: Logger
  readonly breaker: Pick<CommitBreaker, 'begin' | 'retryAfterMs'>
  readonly slots: CommitSlots
  readonly onBegin: (begun: BatchBegun) => void
  readonly onCommitted: (records: readonly LogRecord[]) => void
  /** Nothing waits and nothing is under way any more. */
  readonly onIdle: () => void
}

/** What a sender is told to wait after failures in a row of its lane. */
const SENDER_RETRY = { baseMs: 250, maxMs: 5_000 }
/** How long the lane itself waits; shorter, since one batch finds out for everybody. */
const LANE_PAUSE = { baseMs: 50, maxMs: 1_000 }
/** A refused sender comes back after 0.5 to 1.5 s: by then a full queue has drained several times over. */
const OVERLOADED_RETRY_MS = 500
/** How soon a lane looks again whether the breaker lets it, at the soonest. */
const LEAST_PAUSE_MS = 10
/** Keys and envelope of an entry beside its body, in bytes, rounded up. */
const ENTRY_OVERHEAD_BYTES = 256

interface Waiting {
  readonly entry: CommitEntry
  readonly bytes: number
  readonly enqueuedAtMs: number
  readonly resolve: (outcome: CommitOutcome) => void
  readonly reject: (error: Error) => void
}

/**
 * Group commit of one lane. Self-clocking: while a batch is under way the next one gathers.
 *
 *   idle ──submit──▶ scheduled ──end of turn──▶ ready ──slot──▶ committing ──▶ idle, or scheduled when more waits
 *                        ▲                        │ breaker open    │ failed
 *                        └───────── paused ◀──────┴─────────────────┘
 */
export class CommitLane implements SlotWaiter {
  readonly #lane: number
  readonly #options: CommitLaneOptions
  #state: 'idle' | 'scheduled' | 'ready' | 'committing' | 'paused' = 'idle'
  #readyAtMs = 0
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #failuresInARow = 0
  /** Of the last commit. */
  #failure: unknown
  #cancelExpiry: Cancel | undefined
  #cancelPause: Cancel | undefined

  constructor(lane: number, options: CommitLaneOptions) {
    this.#lane = lane
    this.#options = options
  }

  get idle(): boolean {
    return this.#state === 'idle'
  }

  get waitingEntries(): number {
    return this.#waiting.length
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  get failuresInARow(): number {
    return this.#failuresInARow
  }

  /** Refused since the node started, because the lane was full. */
  refused = 0

  /** Since when the oldest waits. */
  get oldestAtMs(): number {
    return this.#waiting[0]?.enqueuedAtMs ?? Infinity
  }

  /** How long the oldest has waited; 0 when nothing waits. */
  oldestWaitMs(nowMs: number): number {
    const oldest = this.#waiting[0]
    return oldest === undefined ? 0 : nowMs - oldest.enqueuedAtMs
  }

  submit(entry: CommitEntry): Promise<CommitOutcome> {
    const { limits, runtime } = this.#options
    const bytes = Buffer.byteLength(entry.body) + ENTRY_OVERHEAD_BYTES
    if (
      this.#waiting.length >= limits.laneQueueEntries ||
      this.#waitingBytes + bytes > limits.laneQueueBytes
    ) {
      this.refused++
      return Promise.reject(this.#overloaded())
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, bytes, enqueuedAtMs: runtime.clock.monotonicMs(), resolve, reject })
      this.#waitingBytes += bytes
      if (this.#state === 'idle') this.#schedule()
      else if (this.#state !== 'scheduled') this.#watchExpiry()
    })
  }

  /** Rejects what still waits; a commit under way is never cancelled. */
  abandonWaiting(): void {
    for (const waiting of this.#takeWaiting(this.#waiting.length)) {
      waiting.reject(
        new StoreError('unavailable', 'the node stopped before this was committed; send it again elsewhere'),
      )
    }
  }

  /** The store may be asked again: what pauses need not wait any longer. */
  wake(): void {
    if (this.#state === 'paused') this.#schedule()
  }

  #schedule(): void {
    this.#state = 'scheduled'
    this.#cancelPause?.()
    this.#cancelPause = undefined
    this.#options.runtime.timers.afterTurn(() => this.#beReady())
  }

  #beReady(): void {
    this.#expire()
    if (this.#waiting.length === 0) return this.#becomeIdle()
    this.#state = 'ready'
    this.#readyAtMs = this.#options.runtime.clock.monotonicMs()
    this.#options.slots.request(this)
    if (this.#waiting.length > 0) this.#watchExpiry()
  }

  granted(): void {
    this.#expire()
    if (this.#waiting.length === 0) {
      this.#options.slots.release()
      return this.#becomeIdle()
    }
    const attempt = this.#options.breaker.begin()
    if (attempt === undefined) {
      this.#options.slots.release()
      return this.#pause(Math.max(LEAST_PAUSE_MS, this.#options.breaker.retryAfterMs))
    }
    const batch = this.#takeWaiting(cutBatch(this.#waiting, this.#options.limits))
    this.#tellBegun(batch)
    this.#state = 'committing'
    void this.#commit(batch, attempt)
  }

  async #commit(batch: readonly Waiting[], attempt: CommitAttempt): Promise<void> {
    try {
      const outcomes = await this.#options.store.commit(
        this.#lane,
        batch.map(({ entry }) => entry),
      )
      assert(
        outcomes.length === batch.length,
        `${batch.length} entries were committed, ${outcomes.length} outcomes came`,
      )
      attempt.succeeded()
      this.#settle(batch, outcomes)
    } catch (error) {
      attempt.failed()
      this.#fail(batch, error)
      this.#options.slots.release()
      return
    }
    this.#options.slots.release()
    if (this.#waiting.length > 0) this.#schedule()
    else this.#becomeIdle()
  }

  #tellBegun(batch: readonly Waiting[]): void {
    const nowMs = this.#options.runtime.clock.monotonicMs()
    let sumWaitMs = 0
    for (const { enqueuedAtMs } of batch) sumWaitMs += nowMs - enqueuedAtMs
    this.#options.onBegin({
      entries: batch.length,
      leastWaitMs: nowMs - (batch.at(-1)?.enqueuedAtMs ?? nowMs),
      slotWaitMs: nowMs - this.#readyAtMs,
      sumWaitMs,
      leftBehind: this.#waiting.length,
    })
  }

  /** At the front, so that the order of the lane stays. */
  #putBack(batch: readonly Waiting[]): void {
    this.#waiting.unshift(...batch)
    for (const { bytes } of batch) this.#waitingBytes += bytes
    // The oldest is another one now.
    this.#cancelExpiry?.()
    this.#cancelExpiry = undefined
  }

  #settle(batch: readonly Waiting[], outcomes: readonly CommitOutcome[]): void {
    this.#failuresInARow = 0
    this.#failure = undefined
    const records: LogRecord[] = []
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'committed') records.push(outcome.record, ...outcome.also)
      batch[index]?.resolve(outcome)
    }
    // The submitters' continuations are queued before this one: acknowledgements go out first.
    if (records.length > 0) queueMicrotask(() => this.#publish(records))
  }

  /** What was committed stays committed: a hint that fails is one that the tail reader repairs. */
  #publish(records: readonly LogRecord[]): void {
    try {
      this.#options.onCommitted(records)
    } catch (error) {
      this.#options.logger.error({ err: error }, 'a committed batch could not be published; report it')
    }
  }

  #fail(batch: readonly Waiting[], error: unknown): void {
    const { runtime } = this.#options
    const attempt = this.#failuresInARow++
    // An error that the port does not name says nothing about whether the commit happened.
    const reason = error instanceof StoreError ? error.reason : 'indeterminate'
    const message = error instanceof Error ? error.message : 'the commit failed'
    // Nothing of it was committed: it waits for the database here, not at its senders, until its deadline.
    if (reason === 'unavailable') this.#putBack(batch)
    else {
      for (const { reject } of batch) {
        const retryAfterMs = Math.ceil(fullJitterMs(SENDER_RETRY, attempt, runtime.random))
        reject(new StoreError(reason, message, error, retryAfterMs))
      }
    }
    this.#failure = error
    this.#pause(fullJitterMs(LANE_PAUSE, attempt, runtime.random))
  }

  #pause(delayMs: number): void {
    this.#state = 'paused'
    this.#cancelPause = this.#options.runtime.timers.after(delayMs, () => this.#schedule())
    if (this.#waiting.length > 0) this.#watchExpiry()
  }

  #becomeIdle(): void {
    this.#state = 'idle'
    this.#cancelExpiry?.()
    this.#cancelExpiry = undefined
    this.#options.onIdle()
  }

  /** A commit that hangs must not hold those behind it beyond their deadline. At most one timer a lane. */
  #watchExpiry(): void {
    const { runtime, limits } = this.#options
    const oldest = this.#waiting[0]
    if (this.#cancelExpiry !== undefined || oldest === undefined) return
    const waitMs = oldest.enqueuedAtMs + limits.sendDeadlineMs - runtime.clock.monotonicMs()
    this.#cancelExpiry = runtime.timers.after(Math.max(0, waitMs), () => {
      this.#cancelExpiry = undefined
      this.#expire()
      this.#watchExpiry()
    })
  }

  #expire(): void {
    const { runtime, limits } = this.#options
    const expired = countExpired(this.#waiting, runtime.clock.monotonicMs(), limits.sendDeadlineMs)
    for (const { reject } of this.#takeWaiting(expired)) {
      const retryAfterMs = Math.ceil(fullJitterMs(SENDER_RETRY, this.#failuresInARow, runtime.random))
      reject(
        new StoreError(
          'unavailable',
          `waited ${limits.sendDeadlineMs} ms for its commit; send it again`,
          this.#failure,
          retryAfterMs,
        ),
      )
    }
  }

  #takeWaiting(count: number): Waiting[] {
    if (count === 0) return []
    const taken = this.#waiting.splice(0, count)
    for (const { bytes } of taken) this.#waitingBytes -= bytes
    return taken
  }

  #overloaded(): SkeinError {
    const { runtime, limits } = this.#options
    return new SkeinError(
      'overloaded',
      `${this.#waiting.length} sends (${this.#waitingBytes} bytes) wait in this lane already; ` +
        `the bounds are ${limits.laneQueueEntries} and ${limits.laneQueueBytes}`,
      { remedy: 'retry', retryAfterMs: Math.ceil(OVERLOADED_RETRY_MS * (1 + 2 * runtime.random.next())) },
    )
  }
}
