import type { Cancel, Runtime } from '@skein/core'
import type { ClientFrame, ErrorFrame, HistoryPage, MembersPage, SyncPage } from '@skein/protocol'
import { fullJitterMs } from '@skein/resilience'
import { disconnected, fromServer, SdkError, stopped } from './errors.ts'

export type Page = SyncPage | HistoryPage | MembersPage

interface Pages {
  readonly sync: SyncPage
  readonly history: HistoryPage
  readonly members: MembersPage
}

type Question = Extract<ClientFrame, { t: keyof Pages }>
/** A request without its id. */
export type Ask<T extends keyof Pages> = Omit<Extract<Question, { t: T }>, 'requestId'> & { readonly t: T }

type AnyAsk = { readonly [T in keyof Pages]: Ask<T> }[keyof Pages]

export interface Answered {
  page(page: Page): void
  failed(error: SdkError): void
}

interface Waiting extends Answered {
  readonly cancel: Cancel
}

export const ANSWER_WAIT_MS = 10_000
const BACKOFF = { baseMs: 200, maxMs: 10_000 } as const

/** Questions and their answers, by request id. */
export class Requests {
  readonly #runtime: Runtime
  readonly #send: (frame: ClientFrame) => boolean
  readonly #waiting = new Map<string, Waiting>()
  /** Asked on the connection before; it may still answer. */
  #before: ReadonlySet<string> = new Set()
  readonly #onlineWaiters = new Set<{
    readonly resolve: () => void
    readonly reject: (error: SdkError) => void
  }>()
  #lastId = 0
  #online = false
  #stopped = false

  constructor(runtime: Runtime, send: (frame: ClientFrame) => boolean) {
    this.#runtime = runtime
    this.#send = send
  }

  /** Asks once. The answer comes in the order of the wire, before the frames that follow it. */
  start(question: AnyAsk, answered: Answered): void {
    const requestId = `r${++this.#lastId}`
    if (!this.#send({ ...question, requestId })) return answered.failed(disconnected())
    const cancel = this.#runtime.timers.after(ANSWER_WAIT_MS, () => {
      const error = new SdkError('timeout', `no answer within ${ANSWER_WAIT_MS} ms: ask again`, {
        remedy: 'retry',
      })
      this.#take(requestId)?.failed(error)
    })
    this.#waiting.set(requestId, {
      cancel,
      page: (page) => answered.page(page),
      failed: (e) => answered.failed(e),
    })
  }

  /** Asks until there is an answer or a refusal for good, across reconnects. */
  async ask<T extends keyof Pages>(question: () => Ask<T>): Promise<Pages[T]> {
    for (let attempt = 0; ; attempt++) {
      await this.whenOnline()
      try {
        return await this.#once(question())
      } catch (error) {
        if (!(error instanceof SdkError) || error.remedy === 'giveUp' || error.remedy === 'fix') throw error
        const delayMs = error.retryAfterMs ?? fullJitterMs(BACKOFF, attempt, this.#runtime.random)
        if (error.reason !== 'disconnected') await this.#pause(delayMs)
      }
    }
  }

  /** Resolves when connected and resumed; rejects when the client is stopped. */
  whenOnline(): Promise<void> {
    if (this.#stopped) return Promise.reject(stopped())
    if (this.#online) return Promise.resolve()
    return new Promise((resolve, reject) => this.#onlineWaiters.add({ resolve, reject }))
  }

  online(): void {
    this.#online = true
    const waiters = [...this.#onlineWaiters]
    this.#onlineWaiters.clear()
    for (const { resolve } of waiters) resolve()
  }

  lost(): void {
    this.#online = false
    this.#fail(() => true)
  }

  /** What is asked from here on goes by another connection. */
  moved(): void {
    this.#before = new Set(this.#waiting.keys())
  }

  /** The connection before is gone. */
  settled(): void {
    this.#fail((requestId) => this.#before.has(requestId))
  }

  /** The other connection is gone. */
  movedBack(): void {
    this.#fail((requestId) => !this.#before.has(requestId))
  }

  stop(): void {
    this.#stopped = true
    this.lost()
    for (const { reject } of this.#onlineWaiters) reject(stopped())
    this.#onlineWaiters.clear()
  }

  answer(page: Page): void {
    this.#take(page.requestId)?.page(page)
  }

  refuse({ requestId, code, message, retryAfterMs }: ErrorFrame): void {
    if (requestId !== undefined) this.#take(requestId)?.failed(fromServer(code, message, retryAfterMs))
  }

  #once<T extends keyof Pages>(question: Ask<T>): Promise<Pages[T]> {
    return new Promise((resolve, reject) => {
      // Which page answers which question is fixed by the protocol; the compiler cannot pair them here.
      const page = (answer: Page): void => resolve(answer as Pages[T])
      this.start(question as AnyAsk, { page, failed: reject })
    })
  }

  #fail(isGone: (requestId: string) => boolean): void {
    const gone = [...this.#waiting.keys()].filter(isGone)
    this.#before = new Set()
    for (const requestId of gone) this.#take(requestId)?.failed(disconnected())
  }

  #take(requestId: string): Waiting | undefined {
    const waiting = this.#waiting.get(requestId)
    this.#waiting.delete(requestId)
    waiting?.cancel()
    return waiting
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#runtime.timers.after(delayMs, resolve))
  }
}
