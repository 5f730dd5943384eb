import type { Cancel, Runtime } from '@skein/core'
import { fullJitterMs } from '@skein/resilience'
import type { NodeLimits } from '../node/limits.ts'
import type { Logger } from '../observe/logger.ts'
import type { LaneVector, LogRecord, Store, TailPage } from '../store/store.ts'
import { advanced, merged } from './lane-progress.ts'

/** `following`: the last read succeeded. `behind`: it failed, hints that get lost are not repaired now. */
export type TailState = 'starting' | 'following' | 'behind' | 'stopped'

export interface TailReaderOptions {
  readonly store: Pick<Store, 'laneVector' | 'tail'>
  readonly runtime: Runtime
  readonly limits: NodeLimits
  readonly logger: Logger
  /** Heads that moved, and the vector up to which all are told. Without heads when a log is begun to be read. */
  onHeads(heads: TailPage['heads'], vector: LaneVector): void
  onHealth?(state: TailState): void
}

/** Log rows looked at by one read: bounds a page after a long absence, far above one second's worth. */
const PAGE_ROWS = 5_000
/** A read that fails is tried again within 2 s: a lost hint may wait for it. */
const RETRY = { baseMs: 100, maxMs: 2_000 }

/**
 * Learns which heads moved by reading the log's tail, at least each `tailReadMs`, however healthy the
 * bus looks: so a lost hint costs a second, never a message. At most one read is under way.
 */
export class TailReader {
  readonly #options: TailReaderOptions
  #state: TailState = 'starting'
  #vector: LaneVector | undefined
  #verifiedAtMs: number | undefined
  #reading = false
  #hurried = false
  #poked = false
  /** When a read was last brought forward; spaces pokes. */
  #pokedReadAtMs = -Infinity
  #beganAtMs = 0
  /** Counts logs: an answer about an earlier one is not heard. */
  #log = 0
  #failuresInARow = 0
  #cancelNext: Cancel | undefined
  #onFirstRead: (() => void) | undefined

  constructor(options: TailReaderOptions) {
    this.#options = options
  }

  get state(): TailState {
    return this.#state
  }

  /** Up to here every head is known; undefined before the first read. */
  get vector(): LaneVector | undefined {
    return this.#vector
  }

  /**
   * On the monotonic clock: everything that was committed before this moment has been told to
   * `onHeads`. Undefined before the first read. It is when the last complete read began, not ended.
   */
  get verifiedAtMs(): number | undefined {
    return this.#verifiedAtMs
  }

  /** Resolves after the first read; while the store is away it keeps trying. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#onFirstRead = resolve
      void this.#read()
    })
  }

  /** Reads soon, after the read under way: at most once each `tailPokeMs`, whoever asks. */
  poke(): void {
    this.#poked = true
    this.#reschedule()
  }

  /** Reads each `tailReadDownMs` while there is no bus that would tell sooner. */
  hurry(hurried: boolean): void {
    this.#hurried = hurried
    this.#reschedule()
  }

  /** What was passed on already, committed by this node: it need not be read. */
  passedOn(records: readonly LogRecord[]): void {
    if (this.#vector !== undefined) this.#vector = advanced(this.#vector, records)
  }

  /** Begins again at the log's end: it is another log now. */
  restart(): void {
    this.#log++
    this.#vector = undefined
    this.#verifiedAtMs = undefined
    this.poke()
  }

  stop(): void {
    this.#become('stopped')
    this.#cancelNext?.()
    this.#cancelNext = undefined
    this.#onFirstRead?.()
    this.#onFirstRead = undefined
  }

  async #read(): Promise<void> {
    this.#cancelNext = undefined
    this.#reading = true
    const beganAtMs = this.#nowMs()
    this.#beganAtMs = beganAtMs
    if (this.#poked) this.#pokedReadAtMs = beganAtMs
    this.#poked = false
    try {
      const more = await this.#readPage()
      this.#reading = false
      if (this.#state === 'stopped') return
      this.#succeeded(more, beganAtMs)
    } catch (error) {
      this.#reading = false
      if (this.#state === 'stopped') return
      this.#failed(error)
    }
  }

  /** Answers whether there is more to read. */
  async #readPage(): Promise<boolean> {
    const { store } = this.#options
    const log = this.#log
    const asked = this.#vector
    if (asked === undefined) {
      const vector = await store.laneVector()
      if (this.#state === 'stopped') return false
      if (this.#log !== log) return true
      this.#vector = vector
      this.#options.onHeads([], vector)
      return false
    }
    const page = await store.tail(asked, PAGE_ROWS)
    if (this.#state === 'stopped') return false
    // Restarted meanwhile: the answer is about the log that is no more.
    if (this.#log !== log) return true
    this.#vector = merged(this.#vector ?? asked, asked, page.vector)
    if (page.heads.length > 0) this.#options.onHeads(page.heads, page.vector)
    return page.more
  }

  #succeeded(more: boolean, beganAtMs: number): void {
    this.#failuresInARow = 0
    if (!more) this.#verifiedAtMs = beganAtMs
    this.#become('following')
    this.#onFirstRead?.()
    this.#onFirstRead = undefined
    if (more) this.#readAfter(0)
    else this.#reschedule()
  }

  #failed(error: unknown): void {
    const delayMs = fullJitterMs(RETRY, this.#failuresInARow++, this.#options.runtime.random)
    if (this.#state !== 'behind') {
      this.#options.logger.warn(
        { err: error, retryAfterMs: Math.round(delayMs) },
        "the log's tail cannot be read: lost hints are not repaired until the database answers again",
      )
    }
    this.#become('behind')
    this.#readAfter(delayMs)
  }

  /** While the store is away the backoff decides: pokes of many sessions must not become its load. */
  #reschedule(): void {
    if (this.#reading || this.#state !== 'following') return
    const { tailReadMs, tailReadDownMs, tailPokeMs } = this.#options.limits
    const nowMs = this.#nowMs()
    const everyMs = this.#hurried ? tailReadDownMs : tailReadMs
    // A database that takes long to answer is left alone for a while in between.
    const regularMs = Math.max(this.#beganAtMs + everyMs, nowMs + everyMs / 4)
    const pokedMs = this.#poked ? this.#pokedReadAtMs + tailPokeMs : Infinity
    this.#readAfter(Math.max(0, Math.min(regularMs, pokedMs) - nowMs))
  }

  #nowMs(): number {
    return this.#options.runtime.clock.monotonicMs()
  }

  #readAfter(delayMs: number): void {
    this.#cancelNext?.()
    this.#cancelNext = this.#options.runtime.timers.after(delayMs, () => void this.#read())
  }

  #become(state: TailState): void {
    if (this.#state === state) return
    if (this.#state === 'behind' && state === 'following') {
      this.#options.logger.info({}, "the log's tail is read again")
    }
    this.#state = state
    this.#options.onHealth?.(state)
  }
}
