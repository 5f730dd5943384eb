import type { Cancel, Runtime } from '@skein/core'
import { fullJitterMs } from '@skein/resilience'
import type { Logger } from '../observe/logger.ts'
import { withDeadline } from './deadline.ts'
import { verifyIdentity } from './identity.ts'
import type { NodeRecord } from './node-record.ts'
import type { ListedNode, Listing, Registry } from './registry.ts'
import {
  applyAnswer,
  applyListing,
  changesBetween,
  EMPTY_VIEW,
  livePeers,
  needsAsking,
  viewAgeMs,
  type Member,
  type View,
  type ViewChange,
} from './view.ts'

/** With a lease of 2.5 s, what died is out of sight within 2.9 s and the time of one answer. */
export const VIEW_POLL_MS = 400
const LIST_DEADLINE_MS = 1_000
const RETRY = { baseMs: 200, maxMs: 1_000 }
const ASK_EVERY_MS = 500
const ASK_DEADLINE_MS = 400

export interface ClusterViewOptions {
  readonly registry: Pick<Registry, 'list'>
  readonly runtime: Runtime
  readonly logger: Logger
  readonly secret: string
  readonly selfId: string
  /** Asks a node directly, while the registry is away. Must bear being called often. */
  readonly reach: (node: NodeRecord) => Promise<boolean>
}

export type ViewListener = (changes: readonly ViewChange[], view: View) => void

/** Holds what this node knows of the others, kept up by polling. The decisions are in `view.ts`. */
export class ClusterView {
  readonly #options: ClusterViewOptions
  readonly #listeners = new Set<ViewListener>()
  readonly #distrusted = new Set<string>()
  #view: View = EMPTY_VIEW
  #failuresInARow = 0
  #running = false
  #cancelPoll: Cancel = () => {}
  #cancelAsk: Cancel = () => {}
  #firstListing: (() => void) | undefined

  constructor(options: ClusterViewOptions) {
    this.#options = options
  }

  /** Resolves with the first listing; while the registry is away it keeps trying. */
  start(): Promise<void> {
    this.#running = true
    return new Promise((resolve) => {
      this.#firstListing = resolve
      void this.#poll()
      this.#askLater()
    })
  }

  stop(): void {
    this.#running = false
    this.#cancelPoll()
    this.#cancelAsk()
    this.#firstListing?.()
    this.#firstListing = undefined
  }

  get view(): View {
    return this.#view
  }

  /** A metric: Infinity before the first listing. */
  get ageMs(): number {
    return viewAgeMs(this.#view, this.#options.runtime.clock.monotonicMs())
  }

  get peers(): readonly Member[] {
    return livePeers(this.#view, this.#options.selfId)
  }

  /** Answers how to stop listening. */
  onChange(listener: ViewListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async #poll(): Promise<void> {
    const { registry, runtime } = this.#options
    const askedAtMs = runtime.clock.monotonicMs()
    let delayMs = VIEW_POLL_MS
    try {
      const listing = await withDeadline(runtime.timers, LIST_DEADLINE_MS, 'The registry', registry.list())
      if (!this.#running) return
      this.#listed(listing, askedAtMs)
      delayMs = Math.max(0, askedAtMs + VIEW_POLL_MS - runtime.clock.monotonicMs())
    } catch (error) {
      if (!this.#running) return
      delayMs = this.#failed(error)
    }
    this.#cancelPoll = runtime.timers.after(delayMs, () => void this.#poll())
  }

  #listed(listing: Listing, askedAtMs: number): void {
    const { logger, selfId } = this.#options
    if (this.#failuresInARow > 0) logger.info({}, 'the registry answers again')
    this.#failuresInARow = 0
    for (const name of listing.unreadable)
      this.#distrust(name, 'a record in the registry cannot be read: it is ignored')
    const nodes = listing.nodes.filter((node) => this.#isVerified(node))
    this.#become(applyListing(this.#view, { nodes, askedAtMs, selfId }))
    this.#firstListing?.()
    this.#firstListing = undefined
  }

  #isVerified({ record }: ListedNode): boolean {
    if (verifyIdentity(this.#options.secret, record)) return true
    this.#distrust(record.id, 'a node in the registry does not know the cluster secret: it is ignored')
    return false
  }

  /** Said once for each, and for no more than can be remembered. */
  #distrust(node: string, why: string): void {
    if (this.#distrusted.has(node) || this.#distrusted.size >= 1_000) return
    this.#distrusted.add(node)
    this.#options.logger.warn({ node }, why)
  }

  #failed(error: unknown): number {
    const { logger, runtime } = this.#options
    if (this.#failuresInARow === 0) {
      logger.warn({ err: error }, 'the registry does not answer: the last view is kept, nodes ask each other')
    }
    return fullJitterMs(RETRY, this.#failuresInARow++, runtime.random)
  }

  #askLater(): void {
    this.#cancelAsk = this.#options.runtime.timers.after(ASK_EVERY_MS, () => {
      this.#askLater()
      if (needsAsking(this.#view, this.#options.runtime.clock.monotonicMs())) this.#askAll()
    })
  }

  #askAll(): void {
    for (const [id, { record }] of this.#view.members) {
      if (id !== this.#options.selfId) void this.#ask(id, record)
    }
  }

  async #ask(id: string, record: NodeRecord): Promise<void> {
    const { reach, runtime } = this.#options
    const answered = await withDeadline(runtime.timers, ASK_DEADLINE_MS, record.name, reach(record)).catch(
      () => false,
    )
    const answeredAtMs = answered ? runtime.clock.monotonicMs() : undefined
    if (this.#running) this.#become(applyAnswer(this.#view, id, answeredAtMs))
  }

  #become(view: View): void {
    const changes = changesBetween(this.#view, view)
    this.#view = view
    if (changes.length === 0) return
    for (const listener of this.#listeners) listener(changes, view)
  }
}
