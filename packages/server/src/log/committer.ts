import { SkeinError, type Runtime } from '@skein/core'
import type { BreakerChange } from '@skein/resilience'
import type { NodeLimits } from '../node/limits.ts'
import { silentLogger, type Logger } from '../observe/logger.ts'
import type { CommitEntry, CommitOutcome, LogRecord, Store } from '../store/store.ts'
import { CommitBreaker } from './commit-breaker.ts'
import { CommitLane, type BatchBegun, type CommitLaneOptions } from './commit-lane.ts'
import { CommitSlots } from './commit-slots.ts'
import { QueueWait } from './queue-wait.ts'

export interface CommitterOptions {
  readonly store: Pick<Store, 'laneOf' | 'commit'>
  readonly runtime: Runtime
  readonly limits: NodeLimits
  readonly logger?: Logger
  /** A batch begins, after these waits. */
  readonly onBegin?: (begun: BatchBegun) => void
  /**
   * Everything that a batch committed, once per batch, after its submitters were answered. Duplicates
   * are among it: their hint may have been the one that was lost.
   */
  onCommitted(records: readonly LogRecord[]): void
}

export interface CommitterStats {
  readonly waitingEntries: number
  readonly waitingBytes: number
  /** Lanes whose last batch failed. */
  readonly failingLanes: number
  /** In the lane that has most. */
  readonly fullestLaneEntries: number
  readonly fullestLaneBytes: number
  /** How long an entry waits for its commit to begin: on average in the last second, or the oldest that waits now. */
  readonly queueWaitMs: number
  /** Since the start, because their lane was full. */
  readonly refused: number
}

/** Group commit: one lane's sends of a loop turn, and those that come while its batch is under way, share a batch. */
export class Committer {
  readonly #options: CommitterOptions
  readonly #laneOptions: CommitLaneOptions
  readonly #lanes = new Map<number, CommitLane>()
  readonly #wait = new QueueWait()
  readonly breaker: CommitBreaker
  #stopping = false
  #onAllIdle: (() => void) | undefined

  constructor(options: CommitterOptions) {
    this.#options = options
    const { runtime } = options
    this.breaker = new CommitBreaker({ runtime, onChange: (change) => this.#changed(change) })
    this.#laneOptions = {
      store: options.store,
      runtime: options.runtime,
      limits: options.limits,
      logger: options.logger ?? silentLogger,
      breaker: this.breaker,
      slots: new CommitSlots(),
      onBegin: (begun) => this.#begun(begun),
      onCommitted: (records) => options.onCommitted(records),
      onIdle: () => {
        if (this.#allIdle()) this.#onAllIdle?.()
      },
    }
  }

  /**
   * Rejects with StoreError (`unavailable`: not committed; `indeterminate`: the same entry again finds
   * out), or with SkeinError `overloaded` or `draining`; each says when to retry.
   */
  submit(entry: CommitEntry): Promise<CommitOutcome> {
    if (this.#stopping) {
      return Promise.reject(
        new SkeinError('draining', 'this node is stopping; send it again elsewhere', {
          remedy: 'retryElsewhere',
        }),
      )
    }
    return this.#lane(this.#options.store.laneOf(entry.app, entry.conversation)).submit(entry)
  }

  get waitingEntries(): number {
    let waiting = 0
    for (const lane of this.#lanes.values()) waiting += lane.waitingEntries
    return waiting
  }

  stats(): CommitterStats {
    let waitingEntries = 0
    let waitingBytes = 0
    let failingLanes = 0
    let fullestLaneEntries = 0
    let fullestLaneBytes = 0
    let refused = 0
    const nowMs = this.#options.runtime.clock.monotonicMs()
    let queueWaitMs = this.#wait.meanMs(nowMs)
    for (const lane of this.#lanes.values()) {
      waitingEntries += lane.waitingEntries
      waitingBytes += lane.waitingBytes
      fullestLaneEntries = Math.max(fullestLaneEntries, lane.waitingEntries)
      fullestLaneBytes = Math.max(fullestLaneBytes, lane.waitingBytes)
      queueWaitMs = Math.max(queueWaitMs, lane.oldestWaitMs(nowMs))
      refused += lane.refused
      if (lane.failuresInARow > 0) failingLanes++
    }
    const fullest = { fullestLaneEntries, fullestLaneBytes }
    return { waitingEntries, waitingBytes, failingLanes, ...fullest, queueWaitMs, refused }
  }

  /** Takes nothing new. Resolves when all is committed, or at the deadline: then what waits is rejected. */
  stop(deadlineMs: number): Promise<void> {
    this.#stopping = true
    if (this.#allIdle()) return Promise.resolve()
    return new Promise((resolve) => {
      const cancelDeadline = this.#options.runtime.timers.after(deadlineMs, () => {
        this.#onAllIdle = undefined
        for (const lane of this.#lanes.values()) lane.abandonWaiting()
        resolve()
      })
      this.#onAllIdle = () => {
        cancelDeadline()
        resolve()
      }
    })
  }

  #begun(begun: BatchBegun): void {
    this.#wait.served(begun.entries, begun.sumWaitMs, this.#options.runtime.clock.monotonicMs())
    this.#options.onBegin?.(begun)
  }

  #changed(change: BreakerChange): void {
    const { logger = silentLogger } = this.#options
    if (change.to === 'open')
      logger.warn(change, 'no commits for now: sends are refused until a probe succeeds')
    else logger.info(change, 'the breaker around commits changed')
    // Whoever waits for the breaker looks anew; once it is closed nobody has a reason to wait.
    if (change.to !== 'halfOpen') for (const lane of this.#lanes.values()) lane.wake()
  }

  #allIdle(): boolean {
    return [...this.#lanes.values()].every((lane) => lane.idle)
  }

  #lane(number: number): CommitLane {
    let lane = this.#lanes.get(number)
    if (lane === undefined) {
      lane = new CommitLane(number, this.#laneOptions)
      this.#lanes.set(number, lane)
    }
    return lane
  }
}
