import type { Cancel, Runtime } from '@skein/core'
import { readClusterAnswer, type ClusterAnswer } from './cluster-answer.ts'

/** `GET url` with the operator key; resolves with the body of a 200, rejects otherwise. */
export type AskCluster = (url: string, signal: AbortSignal) => Promise<unknown>

export interface ClusterFollowerOptions {
  /** Base addresses of nodes to ask, best first; asked for anew each round, so that it follows the cluster. */
  readonly urls: () => readonly string[]
  readonly ask: AskCluster
  readonly runtime: Pick<Runtime, 'clock' | 'timers'>
  readonly onAnswer: (answer: ClusterAnswer) => void
  /** Nobody answered in a whole round. */
  readonly onSilence?: (why: unknown) => void
}

/** As often as nodes report. */
export const FOLLOW_EVERY_MS = 1_000
const ASK_TIMEOUT_MS = 1_000
/** More are not asked in one round: a round ends before its news would be old. */
const ASKED_PER_ROUND = 4

/** Knows who is in the cluster: asks the node that answered last, else the next one. */
export class ClusterFollower {
  readonly #options: ClusterFollowerOptions
  readonly #stopping = new AbortController()
  #lastGood: string | undefined
  /** Where the search among those that did not answer goes on. */
  #offset = 0
  #cancel: Cancel = () => undefined
  #round: Promise<void> = Promise.resolve()

  constructor(options: ClusterFollowerOptions) {
    this.#options = options
  }

  /** Resolves when the first round is over, with or without an answer. */
  start(): Promise<void> {
    this.#round = this.#ask().finally(() => this.#later())
    return this.#round
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#cancel()
    await this.#round
  }

  #later(): void {
    if (this.#stopping.signal.aborted) return
    this.#cancel = this.#options.runtime.timers.after(FOLLOW_EVERY_MS, () => {
      this.#round = this.#ask().finally(() => this.#later())
    })
  }

  async #ask(): Promise<void> {
    let why: unknown
    const urls = this.#askedNow()
    if (urls.length === 0) return
    for (const url of urls) {
      if (this.#stopping.signal.aborted) return
      try {
        const answer = await this.#answerOf(url)
        if (this.#stopping.signal.aborted) return
        this.#lastGood = url
        this.#options.onAnswer(answer)
        return
      } catch (error) {
        why = error
        if (url === this.#lastGood) this.#lastGood = undefined
      }
    }
    if (!this.#stopping.signal.aborted) this.#options.onSilence?.(why)
  }

  async #answerOf(url: string): Promise<ClusterAnswer> {
    const { ask, runtime } = this.#options
    const timeout = new AbortController()
    const cancel = runtime.timers.after(ASK_TIMEOUT_MS, () => timeout.abort())
    try {
      const askedAtMs = runtime.clock.monotonicMs()
      const body = await ask(url, AbortSignal.any([timeout.signal, this.#stopping.signal]))
      const answer = readClusterAnswer(body, askedAtMs)
      if (answer === undefined) throw new Error(`${url} answered, but not what a Skein node does`)
      return answer
    } finally {
      cancel()
    }
  }

  #askedNow(): readonly string[] {
    const urls = [...new Set(this.#options.urls())]
    const good = urls.filter((url) => url === this.#lastGood)
    const others = urls.filter((url) => url !== this.#lastGood)
    if (others.length === 0) return good
    const start = this.#offset % others.length
    const turned = [...others.slice(start), ...others.slice(0, start)].slice(0, ASKED_PER_ROUND)
    this.#offset = (start + (good.length === 0 ? ASKED_PER_ROUND : 0)) % others.length
    return [...good, ...turned]
  }
}

/** Asks over HTTP. */
export const askOverHttp =
  (operatorKey: string): AskCluster =>
  async (url, signal) => {
    const response = await fetch(new URL('/v1/cluster', url), {
      headers: { authorization: `Bearer ${operatorKey}` },
      signal,
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw new Error(`${url} answered ${response.status}${whatToDo(response.status)}`)
    }
    return response.json()
  }

const whatToDo = (status: number): string =>
  status === 401 || status === 403 ? '; use the operator key of its nodes (SKEIN_OPERATOR_KEY)' : ''
