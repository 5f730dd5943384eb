import type { Clock } from '@skein/core'
import type { Connections } from '../connection/connections.ts'
import { isDataError, isStatementError, sqlState, storeErrorOf } from '../connection/failure.ts'
import type { CommitEntry, CommitOutcome } from '../../store.ts'
import { AuthorityCache } from './authority-cache.ts'
import { commitFast, isObjection } from './fast-path.ts'
import { planFast, type FastPlan } from './fast-plan.ts'
import { commitFull, type LogContext } from './full-path.ts'

/** A transaction that loses a race with another is tried again this often. */
const ATTEMPTS = 3
const LOST_RACES = new Set(['40001', '40P01', '23505'])

export interface Origin {
  readonly id: number
  readonly name: string
}

export interface BatchCommitterOptions {
  readonly connections: Connections
  readonly clock: Clock
  readonly context: LogContext
  /** Asked when a connection is in hand: a new one may have found a new incarnation. */
  readonly origin: () => Origin
}

/** Commits batches: the fast path when all is usual, the full path otherwise, halves when the data is at fault. */
export class BatchCommitter {
  readonly #connections: Connections
  readonly #clock: Clock
  readonly #context: LogContext
  readonly #origin: () => Origin
  readonly #authority = new AuthorityCache()

  constructor(options: BatchCommitterOptions) {
    this.#connections = options.connections
    this.#clock = options.clock
    this.#context = options.context
    this.#origin = options.origin
  }

  /** What is remembered may not be so after a promotion. */
  forget(): void {
    this.#authority.clear()
  }

  async commit(lane: number, entries: readonly CommitEntry[]): Promise<readonly CommitOutcome[]> {
    if (entries.some((entry) => entry.kind !== 'message')) return this.#full(entries)
    const known = await this.#authority.of(this.#connections, this.#origin().id, entries)
    const plan = planFast(entries, known, this.#clock.now())
    const fast = plan === undefined ? undefined : await this.#tryFast(lane, plan)
    const outcomes = fast ?? (await this.#full(entries))
    for (const [place, entry] of entries.entries()) {
      if (outcomes[place]?.status === 'committed') known[place]?.remember(entry)
    }
    return outcomes
  }

  /** Undefined: the database objected, and nothing was committed. */
  async #tryFast(lane: number, plan: FastPlan): Promise<readonly CommitOutcome[] | undefined> {
    try {
      return await this.#connections.commitStatement((client) =>
        commitFast(client, lane, this.#origin(), plan),
      )
    } catch (error) {
      if (isObjection(sqlState(error)))
        for (const { app, conversation } of plan.groups) this.#authority.forget(app, conversation)
      else if (!isDataError(error)) throw storeErrorOf(error, 'write')
      return undefined
    }
  }

  async #full(entries: readonly CommitEntry[]): Promise<readonly CommitOutcome[]> {
    try {
      return await this.#attempt(entries)
    } catch (error) {
      if (!isDataError(error)) throw storeErrorOf(error, 'write')
    }
    if (entries.length === 1) {
      return [
        {
          status: 'refused',
          code: 'unstorable',
          message: 'the database cannot store this value: leave it out',
        },
      ]
    }
    const half = Math.ceil(entries.length / 2)
    return [...(await this.#full(entries.slice(0, half))), ...(await this.#full(entries.slice(half)))]
  }

  async #attempt(entries: readonly CommitEntry[]): Promise<readonly CommitOutcome[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { outcomes, changed } = await this.#connections.commitTransaction((client) =>
          commitFull(client, this.#origin(), this.#context, entries),
        )
        for (const { app, id } of changed) this.#authority.forget(app, id)
        return outcomes
      } catch (error) {
        const lostRace = isStatementError(error) && LOST_RACES.has(sqlState(error) ?? '')
        if (!lostRace || attempt === ATTEMPTS) throw error
      }
    }
  }
}
