import { randomInt, type Cancel, type Random, type Runtime } from '@skein/core'
import { dispatchAge, type DispatchDocument } from '@skein/protocol'
import { messageOf } from '../errors.ts'
import { defaultDispatchCache, type DispatchCache } from './cache.ts'
import { examine, isBeyondSkew, type DispatchList, type Trust } from './examine.ts'
import { platformFetch } from './fetch.ts'
import type { DispatchOptions } from './options.ts'
import { refreshDelayMs } from './refresh.ts'
import { firstAnswer, within } from './staggered.ts'
import { nobleVerify } from './verify.ts'

export interface SourceUser {
  /** Another list to choose from; undefined: the one that was held is too old to be used. */
  list(document: DispatchDocument | undefined): void
  warning(code: string, message: string): void
}

/** A mirror that is silent for so long is joined by the next. */
const STAGGER_MS = 500
const FETCH_MS = 5_000
/** A cache that takes longer is done without. */
const CACHE_MS = 1_000
/** Who lost its connection and has no fresh list asks within this. */
const HURRY_MS = 5_000
/** Who lost the only endpoint of its list asks for another one although it is fresh, but not sooner than this. */
const LONELY_AGAIN_MS = 15_000
/** Platforms' timers hold 2^31 ms at most. */
const TIMER_MAX_MS = 3_600_000

/** Has a list: from the cache at once, from the mirrors when it is no longer fresh. */
export class DispatchSource {
  readonly #urls: readonly string[]
  readonly #fetch: NonNullable<DispatchOptions['fetch']>
  readonly #trust: Trust
  readonly #cache: DispatchCache
  readonly #runtime: Runtime
  readonly #user: SourceUser
  readonly #ended = new AbortController()
  #held: DispatchList | undefined
  #heldSinceMs = 0
  /** Lists in a row that named one endpoint only. */
  #lonely = 0
  #failures = 0
  #askedDelayMs: number | undefined
  #isAsking = false
  #isHurried = false
  #next: { readonly atMs: number; readonly cancel: Cancel } | undefined
  #cancelExpiry: Cancel = () => {}

  constructor(options: DispatchOptions, runtime: Runtime, user: SourceUser) {
    this.#urls = options.urls
    this.#fetch = options.fetch ?? platformFetch
    this.#trust = { keys: options.keys, verify: options.verify ?? nobleVerify }
    this.#cache = options.cache ?? defaultDispatchCache(options.keys)
    this.#runtime = runtime
    this.#user = user
  }

  /** Stale while revalidate: what the cache has is used, and a newer one asked for. */
  async start(): Promise<void> {
    await this.#loadCached()
    if (this.#ended.signal.aborted) return
    if (this.#held !== undefined && this.#isFresh(this.#held)) this.#schedule()
    else await this.#ask()
  }

  stop(): void {
    this.#ended.abort()
    this.#next?.cancel()
    this.#cancelExpiry()
  }

  /**
   * The list at hand did not lead anywhere, or the network is back: only that shortens a backoff. Servers
   * that asked for a delay get it.
   */
  hurry(cause: 'lost' | 'woken'): void {
    const isInVain = this.#askedDelayMs !== undefined || (cause === 'lost' && this.#failures > 0)
    if (this.#isAsking || isInVain || this.#next === undefined || this.#suffices(cause)) return
    const delayMs = this.#runtime.random.next() * HURRY_MS
    if (this.#runtime.clock.monotonicMs() + delayMs >= this.#next.atMs) return
    this.#isHurried = true
    this.#askAfter(delayMs)
  }

  /** It led somewhere after all: a crowd that was cut off together does not ask together for nothing. */
  relax(): void {
    if (this.#isHurried && this.#held !== undefined && !this.#isAsking) this.#schedule()
  }

  /** Whether the list at hand is as good as one that could be had now. */
  #suffices(cause: 'lost' | 'woken'): boolean {
    if (this.#held === undefined || !this.#isFresh(this.#held)) return false
    const heldMs = this.#runtime.clock.monotonicMs() - this.#heldSinceMs
    return cause === 'woken' || this.#lonely === 0 || heldMs < LONELY_AGAIN_MS
  }

  /** One from the future may be as old as any. */
  #isFresh({ document }: DispatchList): boolean {
    const nowMs = this.#runtime.clock.now()
    return dispatchAge(document, nowMs) === 'fresh' && !isBeyondSkew(document, nowMs)
  }

  async #loadCached(): Promise<void> {
    try {
      const text = await within(() => this.#cache.load(), CACHE_MS, this.#runtime.timers, this.#ended.signal)
      if (text === undefined) return
      const examined = await this.#examine(text)
      if (this.#ended.signal.aborted) return
      if (examined.ok) this.#hold(examined.list)
      else this.#user.warning('dispatchRefused', `the cached list: ${examined.message}`)
    } catch (error) {
      this.#warnOfCache(error)
    }
  }

  #examine(text: string): ReturnType<typeof examine> {
    return examine(text, this.#trust, this.#held?.document, this.#runtime.clock.now())
  }

  async #ask(): Promise<void> {
    this.#isAsking = true
    this.#askedDelayMs = undefined
    const { random, timers } = this.#runtime
    const attempts = shuffled(this.#urls, random).map(
      (url) => (signal: AbortSignal) => this.#askOne(url, signal),
    )
    const rule = { staggerMs: STAGGER_MS, deadlineMs: FETCH_MS }
    const list = await firstAnswer(attempts, rule, timers, this.#ended.signal)
    this.#isAsking = false
    if (this.#ended.signal.aborted) return
    if (list === undefined) {
      this.#failures++
      const what = this.#held === undefined ? 'no list of endpoints yet' : 'going on with the list at hand'
      this.#user.warning('dispatchUnreachable', `none of dispatch.urls gave a good list: ${what}`)
    } else {
      this.#failures = 0
      this.#askedDelayMs = undefined
      this.#hold(list)
      void this.#keep(list.text)
    }
    this.#schedule()
  }

  /** Rejects unless its list is good, so that the next is asked. */
  async #askOne(url: string, signal: AbortSignal): Promise<DispatchList> {
    const { status, text, retryAfterMs } = await this.#fetch(url, { signal })
    if (status !== 200) {
      if (retryAfterMs !== undefined) this.#askedDelayMs = Math.max(this.#askedDelayMs ?? 0, retryAfterMs)
      throw new Error(`${url} answers ${status}`)
    }
    const examined = await this.#examine(text)
    if (examined.ok) return examined.list
    if (!signal.aborted) this.#user.warning('dispatchRefused', `${url}: ${examined.message}`)
    throw new Error(examined.message)
  }

  #hold(list: DispatchList): void {
    this.#held = list
    this.#heldSinceMs = this.#runtime.clock.monotonicMs()
    this.#lonely = list.document.endpoints.length === 1 ? this.#lonely + 1 : 0
    this.#watchExpiry(list)
    this.#user.list(list.document)
  }

  #watchExpiry(list: DispatchList): void {
    this.#cancelExpiry()
    const { clock, timers } = this.#runtime
    const { issuedAt, ttlMs, staleMs } = list.document
    const leftMs = issuedAt + ttlMs + staleMs - clock.now()
    if (leftMs < 0) {
      this.#user.warning('dispatchExpired', 'no newer list was to be had, and the one at hand is too old')
      return this.#user.list(undefined)
    }
    this.#cancelExpiry = timers.after(Math.min(leftMs + 1, TIMER_MAX_MS), () => this.#watchExpiry(list))
  }

  #schedule(): void {
    const { clock, random } = this.#runtime
    this.#isHurried = false
    const state = {
      held: this.#held?.document,
      failures: this.#failures,
      askedDelayMs: this.#askedDelayMs,
      lonely: this.#lonely,
    }
    this.#askAfter(refreshDelayMs(state, clock.now(), random.next()))
  }

  #askAfter(delayMs: number): void {
    const { clock, timers } = this.#runtime
    this.#next?.cancel()
    const atMs = clock.monotonicMs() + delayMs
    const run = (): void => {
      const leftMs = atMs - clock.monotonicMs()
      if (leftMs > 0) return arm(leftMs)
      this.#next = undefined
      void this.#ask()
    }
    const arm = (ms: number): void => {
      this.#next = { atMs, cancel: timers.after(Math.min(ms, TIMER_MAX_MS), run) }
    }
    arm(delayMs)
  }

  /** Never rejects, also where the app's cache throws instead of rejecting. */
  async #keep(text: string): Promise<void> {
    try {
      await this.#cache.save(text)
    } catch (error) {
      this.#warnOfCache(error)
    }
  }

  #warnOfCache(error: unknown): void {
    if (this.#ended.signal.aborted) return
    this.#user.warning('dispatchCache', `the list of endpoints is not kept: ${messageOf(error)}`)
  }
}

/** Fisher–Yates: the mirrors share the clients. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items]
  const order: T[] = []
  while (left.length > 0) order.push(...left.splice(randomInt(random, left.length), 1))
  return order
}
