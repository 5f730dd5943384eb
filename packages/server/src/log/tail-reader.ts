import type { Cancel, Runtime } from '@skein/core'
import { fullJitterMs } from '@skein/resilience'
import type { NodeLimits } from '../node/limits.ts'
import type { Logger } from '../observe/logger.ts'
import type { LaneVector, Store, TailPage } from '../store/store.ts'

/** `following`: the last read succeeded. `behind`: it failed, hints that get lost are not repaired now. */
export type TailState = 'starting' | 'following' | 'behind' | 'stopped'

export interface TailReaderOptions {
  readonly store: Pick<Store, 'laneVector' | 'tail'>
  readonly runtime: Runtime
  readonly limits: NodeLimits
  readonly logger: Logger
  /** Heads that moved, and the vector up to which all heads are known now. Called once at the start, without heads. */
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
  #poked = false
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

  /** Reads now, or again as soon as the read under way has ended. */
  poke(): void {
    if (this.#reading) this.#poked = true
    // While the store is away the backoff decides: pokes of many sessions must not become its load.
    else if (this.#state === 'following') this.#readAfter(0)
  }

  /** Begins again at the log's end: it is another log now. */
  restart(): void {
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
    this.#poked = false
    const beganAtMs = this.#options.runtime.clock.monotonicMs()
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
    if (this.#vector === undefined) {
      const vector = await store.laneVector()
      if (this.#state === 'stopped') return false
      this.#vector = vector
      this.#options.onHeads([], vector)
      return false
    }
    const after = this.#vector
    const page = await store.tail(after, PAGE_ROWS)
    if (this.#state === 'stopped') return false
    // Restarted meanwhile: the answer is about the log that is no more.
    if (this.#vector !== after) return true
    this.#vector = page.vector
    if (page.heads.length > 0) this.#options.onHeads(page.heads, page.vector)
    return page.more
  }

  #succeeded(more: boolean, beganAtMs: number): void {
    this.#failuresInARow = 0
    if (!more) this.#verifiedAtMs = beganAtMs
    this.#become('following')
    this.#onFirstRead?.()
    this.#onFirstRead = undefined
    this.#readAfter(more || this.#poked ? 0 : this.#options.limits.tailReadMs)
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
