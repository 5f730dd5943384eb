import type { Clock, Random } from '@skein/core'
import { isUserLog, type Cursor } from '@skein/protocol'
import { MemoryDatabase, MemoryStore, type Store, type StoreFault, type StoreFaults } from '@skein/server'
import { readStoreLog } from '../history/store-history.ts'
import { positionKey } from '../history/log-index.ts'
import type { LoggedEvent } from '../history/history.ts'
import type { FaultCount } from './faults/fault-kinds.ts'
import type { StoreConditions } from './node-store.ts'
import { SIM_APP } from './sim-auth.ts'
import type { Actor } from './virtual-time.ts'

const LANES = 4
const MAX_HIDDEN_MS = 400

/** The one database of a simulation: what it holds, who may open it, how it fails over. */
export class SimDatabase {
  readonly #actor: Actor
  readonly #random: Random
  readonly #database: MemoryDatabase
  readonly #lost: LoggedEvent[] = []
  readonly #conditions: StoreConditions
  readonly #faultCount: FaultCount
  #hiddenUntilMs = 0
  #clockJumped = false

  constructor(actor: Actor, random: Random, conditions: StoreConditions, faultCount: FaultCount) {
    this.#actor = actor
    this.#conditions = conditions
    this.#faultCount = faultCount
    this.#random = random
    const clock: Pick<Clock, 'now'> = actor.clock
    this.#database = new MemoryDatabase({
      clock,
      random: actor.random,
      region: 'sim',
      incarnation: 'a',
      lanes: LANES,
    })
  }

  get lost(): readonly LoggedEvent[] {
    return this.#lost
  }

  /** Either the clock jumps or commits are hidden, never both: by its clock the database knows when they show. */
  skewClock(ms: number): void {
    if (this.#hiddenUntilMs > 0) return
    this.#clockJumped = true
    this.#actor.skew(ms)
  }

  /** A handle as nodes have it. */
  openStore(): Store {
    const writes: ReadonlySet<string> = new Set(['commit', 'mergeReads', 'revoke'])
    const faults: StoreFaults = { next: ({ call }) => (writes.has(call) ? this.#hide() : undefined) }
    return new MemoryStore({ runtime: this.#actor, database: this.#database, faults })
  }

  /**
   * As a primary that waits for its standby: the commit is durable, no reader sees it yet, and nobody
   * who commits behind it gets an answer before everybody can see it.
   */
  #hide(): StoreFault | undefined {
    const nowMs = this.#actor.clock.monotonicMs()
    const hides = !this.#clockJumped && this.#random.next() < this.#conditions.hiddenShare
    const visibleAfterMs = hides ? Math.floor(this.#random.next() * MAX_HIDDEN_MS) : 0
    if (hides) this.#faultCount.add('delayedVisibility')
    if (hides) this.#hiddenUntilMs = Math.max(this.#hiddenUntilMs, nowMs + visibleAfterMs)
    const answerDelayMs = this.#hiddenUntilMs - nowMs + 1
    return answerDelayMs > 1 ? { visibleAfterMs, answerDelayMs } : undefined
  }

  headsNow(conversation: string): Cursor {
    return this.#database.logs.get(`${SIM_APP}/${conversation}`)?.cursor(Infinity) ?? {}
  }

  conversationIds(): string[] {
    return [...this.#database.logs.values()].map(({ id }) => id).filter((id) => !isUserLog(id))
  }

  log(): Promise<LoggedEvent[]> {
    return readStoreLog(
      new MemoryStore({ runtime: this.#actor, database: this.#database }),
      SIM_APP,
      this.conversationIds(),
    )
  }

  /** The newest commits vanish, and the log goes on as a new incarnation. */
  async failover(lose: number): Promise<void> {
    const before = await this.log()
    this.#database.failover({ lose })
    const kept = new Set((await this.log()).map(nameOf))
    this.#lost.push(...before.filter((event) => !kept.has(nameOf(event))))
  }
}

const nameOf = ({ conversation, event }: LoggedEvent): string => `${conversation} ${positionKey(event)}`
