import type { Random } from '@skein/core'
import { StoreError, type CommitEntry, type CommitOutcome, type Store } from '@skein/server'
import type { FaultCount } from './faults/fault-kinds.ts'
import type { Actor, VirtualTime } from './virtual-time.ts'

/** How the database is to reach now, from everywhere. */
export interface StoreConditions {
  away: boolean
  /** It stands still: what is asked of it happens after that. */
  hungUntilMs: number
  /** On top of every round trip. */
  extraDelayMs: number
  /** Shares of commits whose answer is lost, after and without committing. */
  indeterminateCommitted: number
  indeterminateNotCommitted: number
  /** Share of commits that readers see only later. */
  hiddenShare: number
  /** What it takes at most; the rest queues up until `busyUntilMs`. */
  entriesPerSecond: number
  busyUntilMs: number
}

export const calmStore = (): StoreConditions => ({
  away: false,
  hungUntilMs: 0,
  extraDelayMs: 0,
  indeterminateCommitted: 0,
  indeterminateNotCommitted: 0,
  hiddenShare: 0,
  entriesPerSecond: Infinity,
  busyUntilMs: 0,
})

const BASE_DELAY_MS = 0.4
const JITTER_MS = 2
/** A store that is away answers nothing until a timeout, or refuses at once. */
const AWAY_TIMEOUT_MS = 2_000

export interface NodeStoreOptions {
  readonly inner: Store
  readonly time: VirtualTime
  /** The node's: what comes back to a dead node is never heard, to a paused one later. */
  readonly actor: Actor
  readonly random: Random
  readonly conditions: StoreConditions
  readonly faults: FaultCount
  /** The node's own way to the database takes so much longer. */
  readonly slowMs: () => number
  /** A commit has happened and its answer has not arrived; true: it never will. */
  readonly committed: (outcomes: readonly CommitOutcome[]) => boolean
}

/** The database at the other end of a network, for one node. */
export class NodeStore implements Store {
  readonly #options: NodeStoreOptions

  constructor(options: NodeStoreOptions) {
    this.#options = options
  }

  get identity() {
    return this.#options.inner.identity
  }

  laneOf(app: string, conversation: string): number {
    return this.#options.inner.laneOf(app, conversation)
  }

  commit(lane: number, entries: readonly CommitEntry[]): Promise<readonly CommitOutcome[]> {
    return this.#options.actor.hear(this.#commit(lane, entries))
  }

  async #commit(lane: number, entries: readonly CommitEntry[]): Promise<readonly CommitOutcome[]> {
    const { conditions, random, faults, inner, committed } = this.#options
    await this.#reach()
    await this.#takeTurn(entries.length)
    const roll = random.next()
    if (roll < conditions.indeterminateNotCommitted) {
      faults.add('indeterminateNotCommitted')
      await this.#back()
      throw new StoreError('indeterminate', 'the connection broke before the commit')
    }
    const outcomes = await inner.commit(lane, entries)
    if (committed(outcomes)) return never()
    await this.#back()
    if (conditions.away || roll > 1 - conditions.indeterminateCommitted) {
      faults.add('indeterminateCommitted')
      throw new StoreError('indeterminate', 'the connection broke after the commit')
    }
    return outcomes
  }

  /** A database that takes only so many entries a second serves all nodes one after the other. */
  async #takeTurn(entries: number): Promise<void> {
    const { conditions, time } = this.#options
    if (conditions.entriesPerSecond === Infinity) return
    const beginsMs = Math.max(conditions.busyUntilMs, time.nowMs)
    conditions.busyUntilMs = beginsMs + (entries * 1_000) / conditions.entriesPerSecond
    await time.sleep(conditions.busyUntilMs - time.nowMs)
  }

  /** The way there: what has left the node happens, even when the node dies meanwhile. */
  async #reach(): Promise<void> {
    const { conditions, time, random, faults } = this.#options
    await time.sleep(this.#wayMs())
    if (conditions.hungUntilMs > time.nowMs) {
      faults.add('storeHung')
      await time.sleep(conditions.hungUntilMs - time.nowMs + random.next())
    }
    if (!conditions.away) return
    faults.add('storeAway')
    if (random.next() < 0.5) await time.sleep(AWAY_TIMEOUT_MS * random.next())
    throw new StoreError('unavailable', 'the database is away')
  }

  #back(): Promise<void> {
    return this.#options.time.sleep(this.#wayMs())
  }

  #wayMs(): number {
    const { conditions, random, slowMs } = this.#options
    const extraMs = conditions.extraDelayMs * random.next() + slowMs()
    return (BASE_DELAY_MS + random.next() * JITTER_MS + extraMs) / 2
  }

  #call<T>(ask: (store: Store) => Promise<T>): Promise<T> {
    const asked = async (): Promise<T> => {
      await this.#reach()
      const answer = await ask(this.#options.inner)
      await this.#back()
      return answer
    }
    return this.#options.actor.hear(asked())
  }

  tail: Store['tail'] = (after, limit) => this.#call((store) => store.tail(after, limit))
  laneVector: Store['laneVector'] = () => this.#call((store) => store.laneVector())
  read: Store['read'] = (requests) => this.#call((store) => store.read(requests))
  history: Store['history'] = (request) => this.#call((store) => store.history(request))
  users: Store['users'] = (keys) => this.#call((store) => store.users(keys))
  conversation: Store['conversation'] = (app, conversation) =>
    this.#call((store) => store.conversation(app, conversation))
  members: Store['members'] = (request) => this.#call((store) => store.members(request))
  roleOf: Store['roleOf'] = (app, conversation, user) =>
    this.#call((store) => store.roleOf(app, conversation, user))
  mergeReads: Store['mergeReads'] = (requests) => this.#call((store) => store.mergeReads(requests))
  mergeState: Store['mergeState'] = (records) => this.#call((store) => store.mergeState(records))
  state: Store['state'] = (keys) => this.#call((store) => store.state(keys))
  listUsers: Store['listUsers'] = (request) => this.#call((store) => store.listUsers(request))
  upsertUser: Store['upsertUser'] = (app, user, profile) =>
    this.#call((store) => store.upsertUser(app, user, profile))
  revoke: Store['revoke'] = (app, user, validAfterMs) =>
    this.#call((store) => store.revoke(app, user, validAfterMs))
  beginIdempotent: Store['beginIdempotent'] = (app, key, hash) =>
    this.#call((store) => store.beginIdempotent(app, key, hash))
  finishIdempotent: Store['finishIdempotent'] = (app, key, answer) =>
    this.#call((store) => store.finishIdempotent(app, key, answer))
  clockMs: Store['clockMs'] = () => this.#call((store) => store.clockMs())
  ping: Store['ping'] = () => this.#call((store) => store.ping())
  close: Store['close'] = () => Promise.resolve()
}

const never = <T>(): Promise<T> => new Promise(() => {})
