import type { Cancel, Runtime } from '@skein/core'
import {
  Bulkhead,
  type BulkheadPlace,
  CircuitBreaker,
  ConcurrencyLimiter,
  DEFAULT_GRADIENT,
} from '@skein/resilience'
import type { GuardStatus } from '../../../observe/guards.ts'
import type { Logger } from '../../../observe/logger.ts'
import { StoreError } from '../../store-error.ts'
import { isAnswered } from './failure.ts'
import { READ_BOUNDS, type ReadBounds, type ReadKind, VITAL_CONNECTIONS } from './read-kind.ts'
import { Waits } from './waits.ts'

export interface ReadGateOptions {
  readonly runtime: Runtime
  readonly logger: Logger
  /** Of the pool that the questions go to. */
  readonly connections: number
}

type HeldBack = Exclude<ReadKind, 'vital'>
const KINDS = Object.keys(READ_BOUNDS) as readonly HeldBack[]

interface Queue {
  readonly bulkhead: Bulkhead
  readonly waits: Waits
}

/** Who waited so long for a connection is refused: the client asks again, and may ask another node. */
export const READ_WAIT_MS = 3_000
/** What a refused one is told to wait, at least and at most. */
const RETRY = { leastMs: 500, mostMs: 2_000 }
const BREAKER = {
  failures: 5,
  baseMs: 200,
  maxMs: 1_000,
  probeMs: 3_000,
  // A slow read is one that comes near the statement's timeout.
  rates: { windowMs: 10_000, minimumCalls: 20, failureShare: 0.5, slowMs: 4_000, slowShare: 0.5 },
}
/** Kinds of questions differ; what counts is a database that has become much slower for all of them. */
const TOLERANCE = 3

/**
 * How questions reach the database: a bulkhead for each kind, so that none takes all connections; one
 * adaptive bound for all, so that a slow database is not asked more at once; a breaker, so that one that is
 * away is not waited for.
 */
export class ReadGate {
  readonly #options: ReadGateOptions
  readonly #kinds: Readonly<Record<HeldBack, Queue>>
  readonly #all: Queue
  readonly #limiter: ConcurrencyLimiter
  readonly #breaker: CircuitBreaker
  #refusedByBreaker = 0

  constructor(options: ReadGateOptions) {
    this.#options = options
    const most = Math.max(1, options.connections - VITAL_CONNECTIONS)
    const queue = ({ limit, maxWaiting }: ReadBounds): Queue => {
      const bulkhead = new Bulkhead({ limit: Math.min(limit, most), maxWaiting })
      return { bulkhead, waits: new Waits() }
    }
    this.#kinds = {
      users: queue(READ_BOUNDS.users),
      pages: queue(READ_BOUNDS.pages),
      requests: queue(READ_BOUNDS.requests),
      records: queue(READ_BOUNDS.records),
    }
    // Nobody waits there but who is inside of a bulkhead already.
    this.#all = queue({ limit: most, maxWaiting: Infinity })
    const gradient = { ...DEFAULT_GRADIENT, initial: most, most, least: Math.min(2, most), queue: 1 }
    this.#limiter = new ConcurrencyLimiter({ ...gradient, tolerance: TOLERANCE })
    this.#breaker = new CircuitBreaker(BREAKER, options.runtime.random, (change) => {
      if (change.to === 'open')
        options.logger.warn(change, 'no reads for now: they fail at once until a probe succeeds')
      else options.logger.info(change, 'the breaker around reads changed')
    })
  }

  async run<T>(kind: ReadKind, ask: () => Promise<T>): Promise<T> {
    if (kind === 'vital') return this.#ask(ask)
    this.#requireClosed()
    const inKind = await this.#enter(this.#kinds[kind], kind)
    try {
      const inAll = await this.#enter(this.#all, kind)
      try {
        return await this.#askLimited(ask)
      } finally {
        inAll.leave()
        this.#all.bulkhead.resize(this.#limiter.limit)
      }
    } finally {
      inKind.leave()
    }
  }

  status(): readonly GuardStatus[] {
    const { state } = this.#breaker
    const nowMs = this.#nowMs()
    return [
      {
        name: 'database.reads',
        kind: 'breaker',
        state: state.name,
        refused: this.#refusedByBreaker,
        ...(state.name === 'open' && { reason: state.reason }),
        ...(state.name === 'halfOpen' && { reason: 'probing' }),
      },
      {
        name: 'database.reads',
        kind: 'concurrency',
        ...this.#all.waits.state(nowMs, 'for the database'),
        used: this.#all.bulkhead.inside,
        bound: this.#limiter.limit,
        unit: 'reads',
        // Whoever is refused there counts as one of its kind.
        refused: 0,
      },
      ...KINDS.map((kind) => this.#bulkheadStatus(kind, nowMs)),
    ]
  }

  #bulkheadStatus(kind: HeldBack, nowMs: number): GuardStatus {
    const { bulkhead, waits } = this.#kinds[kind]
    return {
      name: `database.reads.${kind}`,
      kind: 'bulkhead',
      ...waits.state(nowMs, 'for their turn'),
      used: bulkhead.inside + bulkhead.waiting,
      bound: READ_BOUNDS[kind].limit + READ_BOUNDS[kind].maxWaiting,
      unit: 'reads',
      refused: waits.refused,
    }
  }

  /** Vital ones are asked even while it is open, and may be what closes it. */
  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    const call = this.#breaker.begin(this.#nowMs())
    try {
      const answer = await ask()
      call?.succeeded(this.#nowMs())
      return answer
    } catch (error) {
      if (isAnswered(error)) call?.succeeded(this.#nowMs())
      else call?.failed(this.#nowMs())
      throw error
    }
  }

  async #askLimited<T>(ask: () => Promise<T>): Promise<T> {
    // It may have opened while this one waited.
    this.#requireClosed()
    const limited = this.#limiter.begin(this.#nowMs())
    try {
      const answer = await this.#ask(ask)
      limited?.succeeded(this.#nowMs())
      return answer
    } catch (error) {
      if (isAnswered(error)) limited?.ignored()
      else limited?.dropped(this.#nowMs())
      throw error
    }
  }

  #requireClosed(): void {
    const { state } = this.#breaker
    const retryAfterMs = this.#breaker.retryAfterMs(this.#nowMs())
    if (state.name === 'closed' || retryAfterMs === 0) return
    this.#refusedByBreaker++
    throw new StoreError(
      'unavailable',
      'The database does not serve now: its last answers failed.',
      undefined,
      this.#retryAfterMs(),
    )
  }

  /** Rejects when too many wait, or when it waited too long. */
  #enter({ bulkhead, waits }: Queue, kind: HeldBack): Promise<BulkheadPlace> {
    return new Promise((resolve, reject) => {
      const turn: { hasCome: boolean; endWait?: Cancel } = { hasCome: false }
      const place = bulkhead.enter(() => {
        turn.hasCome = true
        turn.endWait?.()
        // `enter` has not answered yet when there is room at once.
        queueMicrotask(() => place !== undefined && resolve(place))
      })
      if (place === undefined) return reject(this.#tooMany(kind, 'too many wait already'))
      if (turn.hasCome) return
      const endWait = waits.begin(this.#nowMs())
      const cancel = this.#options.runtime.timers.after(READ_WAIT_MS, () => {
        endWait()
        place.leave()
        reject(this.#tooMany(kind, `waited ${READ_WAIT_MS} ms for its turn`))
      })
      turn.endWait = () => {
        endWait()
        cancel()
      }
    })
  }

  #tooMany(kind: HeldBack, why: string): StoreError {
    this.#kinds[kind].waits.refuse(this.#nowMs())
    const message = `The database has no time for this now (${kind}): ${why}.`
    return new StoreError('unavailable', message, undefined, this.#retryAfterMs())
  }

  #retryAfterMs(): number {
    const { leastMs, mostMs } = RETRY
    return Math.ceil(leastMs + (mostMs - leastMs) * this.#options.runtime.random.next())
  }

  #nowMs(): number {
    return this.#options.runtime.clock.monotonicMs()
  }
}
