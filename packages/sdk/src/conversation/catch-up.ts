import type { Cancel, Runtime } from '@skein/core'
import { LIMITS, USER_LOG, type Cursor, type SyncPage } from '@skein/protocol'
import { fullJitterMs } from '@skein/resilience'
import type { SdkError } from '../errors.ts'
import type { Requests } from '../requests.ts'

export interface Followed {
  cursor(id: string): Cursor | undefined
  isBehind(id: string): boolean
  /** Whether it brought anything new. */
  applyPage(page: SyncPage): boolean
  markLeft(id: string): void
  /** Whether a resume names it: what it misses is then told without being asked for. */
  isListed(id: string): boolean
}

const RUNNING_LIMIT = 8
const LOOK_AGAIN_MS = 1_000
const BACKOFF = { baseMs: 200, maxMs: 10_000 } as const

/** Pages `sync` for logs that have a gap: one request a log at a time, until it is live again. */
export class CatchUp {
  readonly #requests: Requests
  readonly #runtime: Runtime
  readonly #followed: Followed
  readonly #needed = new Set<string>()
  /** By the number of the question: an answer to a question that was dropped is not waited for. */
  readonly #running = new Map<string, number>()
  #lastAsk = 0
  /** What the connection before a move was asked for, or was about to be. */
  #before: ReadonlySet<string> = new Set()
  readonly #failures = new Map<string, number>()
  /** Those that will be looked at once more. */
  readonly #looks = new Map<string, Cancel>()
  /** Those whose last answer said: not now. */
  readonly #pauses = new Map<string, Cancel>()
  #online = false

  constructor(requests: Requests, runtime: Runtime, followed: Followed) {
    this.#requests = requests
    this.#runtime = runtime
    this.#followed = followed
  }

  /** Nothing else is applied meanwhile: with several origins it could overtake what is asked for. */
  isUnderWay(id: string): boolean {
    return this.#needed.has(id) || this.#running.has(id)
  }

  need(id: string): void {
    this.#looks.get(id)?.()
    this.#looks.delete(id)
    this.#needed.add(id)
    this.#pump()
  }

  /** It seems behind, but what is missing is probably on its way. */
  lookSoon(id: string): void {
    if (this.#looks.has(id)) return
    const look = (): void => {
      this.#looks.delete(id)
      if (this.#followed.isBehind(id)) this.need(id)
    }
    this.#looks.set(id, this.#runtime.timers.after(LOOK_AGAIN_MS, look))
  }

  online(): void {
    this.#online = true
    this.#pump()
  }

  lost(): void {
    this.#online = false
    for (const cancel of [...this.#looks.values(), ...this.#pauses.values()]) cancel()
    this.#looks.clear()
    this.#pauses.clear()
    this.#failures.clear()
    for (const id of this.#needed) if (this.#followed.isListed(id)) this.#needed.delete(id)
  }

  /** The resume on the new connection names all that is listed: what it misses is told there. */
  moved(): void {
    this.#before = new Set([...this.#needed, ...this.#running.keys(), ...this.#looks.keys()])
    for (const id of this.#running.keys()) if (!this.#followed.isListed(id)) this.#needed.add(id)
    this.#running.clear()
    this.lost()
  }

  /** What was under way goes on; of the own log nothing was applied meanwhile. */
  movedBack(): void {
    for (const id of [...this.#before, USER_LOG]) this.#needed.add(id)
    this.#before = new Set()
    this.online()
  }

  #pump(): void {
    if (!this.#online) return
    for (const id of this.#needed) {
      if (this.#running.size >= RUNNING_LIMIT) return
      if (this.#running.has(id) || this.#pauses.has(id)) continue
      this.#ask(id)
    }
  }

  #ask(id: string): void {
    const cursor = this.#followed.cursor(id)
    if (cursor === undefined) {
      this.#needed.delete(id)
      return
    }
    const ask = ++this.#lastAsk
    this.#running.set(id, ask)
    const answered = (): boolean => this.#running.get(id) === ask && this.#running.delete(id)
    // What comes to be needed while this is answered is asked for again.
    this.#needed.delete(id)
    this.#requests.start(
      { t: 'sync', conversation: id, cursor, limit: LIMITS.pageEvents },
      {
        page: (page) => {
          if (!answered()) return
          this.#failures.delete(id)
          if (page.t === 'syncPage') this.#page(page)
          this.#pump()
        },
        failed: (error) => {
          if (!answered()) return
          this.#failed(id, error)
          this.#pump()
        },
      },
    )
  }

  #page(page: SyncPage): void {
    const id = page.conversation
    const moved = this.#followed.applyPage(page)
    if (page.more) this.#needed.add(id)
    // It is live from here: what came before the page and was not applied comes again (SYNC4). If the
    // page brought nothing, what is ahead is not for us to see.
    else if (moved && this.#followed.isBehind(id)) this.lookSoon(id)
  }

  #failed(id: string, error: SdkError): void {
    if (error.reason === 'notMember' || error.reason === 'conversationUnknown') {
      this.#needed.delete(id)
      return this.#followed.markLeft(id)
    }
    if (error.remedy === 'giveUp' || error.remedy === 'fix') return
    if (error.reason === 'disconnected') {
      if (!this.#followed.isListed(id)) this.#needed.add(id)
      return
    }
    this.#needed.add(id)
    const failures = this.#failures.get(id) ?? 0
    this.#failures.set(id, failures + 1)
    const delayMs = error.retryAfterMs ?? fullJitterMs(BACKOFF, failures, this.#runtime.random)
    const resume = (): void => {
      this.#pauses.delete(id)
      this.#pump()
    }
    this.#pauses.set(id, this.#runtime.timers.after(delayMs, resume))
  }
}
