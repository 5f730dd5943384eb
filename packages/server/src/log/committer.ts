import { SkeinError, type Runtime } from '@skein/core'
import type { NodeLimits } from '../node/limits.ts'
import { silentLogger, type Logger } from '../observe/logger.ts'
import type { CommitEntry, CommitOutcome, LogRecord, Store } from '../store/store.ts'
import { CommitLane, type CommitLaneOptions } from './commit-lane.ts'

export interface CommitterOptions {
  readonly store: Pick<Store, 'laneOf' | 'commit'>
  readonly runtime: Runtime
  readonly limits: NodeLimits
  readonly logger?: Logger
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
}

/** Group commit: one lane's sends of a loop turn, and those that come while its batch is under way, share a batch. */
export class Committer {
  readonly #options: CommitterOptions
  readonly #laneOptions: CommitLaneOptions
  readonly #lanes = new Map<number, CommitLane>()
  #stopping = false
  #onAllIdle: (() => void) | undefined

  constructor(options: CommitterOptions) {
    this.#options = options
    this.#laneOptions = {
      store: options.store,
      runtime: options.runtime,
      limits: options.limits,
      logger: options.logger ?? silentLogger,
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

  stats(): CommitterStats {
    let waitingEntries = 0
    let waitingBytes = 0
    let failingLanes = 0
    for (const lane of this.#lanes.values()) {
      waitingEntries += lane.waitingEntries
      waitingBytes += lane.waitingBytes
      if (lane.failuresInARow > 0) failingLanes++
    }
    return { waitingEntries, waitingBytes, failingLanes }
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
