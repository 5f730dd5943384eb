import type { Runtime } from '@skein/core'
import { type Cursor, isUserLog, type Marks } from '@skein/protocol'
import type { NodeLimits } from '../node/limits.ts'
import type { Logger } from '../observe/logger.ts'
import type { LogRecord, ReadPage, ReadRequest, TailPage } from '../store/store.ts'
import type { Batcher } from './batcher.ts'
import type { BusSubscriptions } from './bus-subscriptions.ts'
import { cursorOf } from './cursors.ts'
import { eventsMessages } from './events-message.ts'
import { GapRepair } from './gap-repair.ts'
import { LiveConversation } from './live-conversation.ts'
import { RecentHeads } from './recent-heads.ts'
import type { Turn } from './turn.ts'

/** How long heads of conversations that nobody follows are remembered; longer than any resume should take. */
export const RECENT_HEADS_MS = 5_000

export interface HubOptions {
  readonly reader: Batcher<ReadRequest, ReadPage>
  readonly runtime: Runtime
  readonly limits: NodeLimits
  readonly logger: Logger
  readonly turn: Turn
  /** Told which conversations are live. */
  readonly subscriptions: Pick<BusSubscriptions, 'opened' | 'released'>
}

/** All conversations that somebody on this node follows: takes hints and tail heads in, lets frames out. */
export class Hub {
  readonly #options: HubOptions
  #apps = new Map<string, Map<string, LiveConversation>>()
  #recent: RecentHeads
  readonly #repair: GapRepair
  /** On the monotonic clock: whatever was committed since is told, by a hint or by the tail. */
  #toldSinceMs = 0
  deliveries = 0

  constructor(options: HubOptions) {
    this.#options = options
    this.#recent = new RecentHeads(RECENT_HEADS_MS, options.runtime.clock.monotonicMs())
    this.#repair = new GapRepair(options)
  }

  get repairs(): number {
    return this.#repair.count
  }

  /** Another incarnation of the log: nothing that was known holds any more. */
  forget(): void {
    for (const live of this.#lives()) this.#options.subscriptions.released(live)
    this.#apps = new Map()
    this.#recent = new RecentHeads(RECENT_HEADS_MS, this.#options.runtime.clock.monotonicMs())
  }

  /**
   * The tail is read from here on. What was committed between what a conversation began with and this
   * moment may have been told to nobody.
   */
  toldFromNowOn(): void {
    this.#toldSinceMs = this.#options.runtime.clock.monotonicMs()
    for (const live of this.#lives()) if (live.head !== undefined) this.repair(live)
  }

  get conversations(): number {
    let count = 0
    for (const app of this.#apps.values()) count += app.size
    return count
  }

  get(app: string, id: string): LiveConversation | undefined {
    return this.#apps.get(app)?.get(id)
  }

  /** Makes the conversation live and keeps it so until `unpin`. */
  pin(app: string, id: string): LiveConversation {
    let conversations = this.#apps.get(app)
    if (conversations === undefined)
      this.#apps.set(app, (conversations = new Map<string, LiveConversation>()))
    let live = conversations.get(id)
    if (live === undefined) {
      conversations.set(id, (live = new LiveConversation(app, id, this.#options.limits)))
      this.#options.subscriptions.opened(live)
    }
    live.pins++
    return live
  }

  unpin(live: LiveConversation): void {
    live.pins--
    this.releaseIfUnused(live)
  }

  releaseIfUnused(live: LiveConversation): void {
    if (live.pins > 0 || live.followers.size > 0) return
    const conversations = this.#apps.get(live.app)
    if (conversations?.get(live.id) !== live) return
    conversations.delete(live.id)
    if (conversations.size === 0) this.#apps.delete(live.app)
    this.#options.subscriptions.released(live)
    // Whoever begins it anew from a state that was read before must learn that it moved on since.
    for (const [origin, seq] of Object.entries(live.head ?? {})) this.#note(live.app, live.id, origin, seq)
  }

  /**
   * Begins a conversation at heads that were read at `readAtMs` (monotonic). What was committed since
   * is known from recent heads, or read when that memory is too short. One that began earlier and is
   * behind those heads is repaired.
   */
  beginAt(live: LiveConversation, heads: Marks, readAtMs: number): void {
    if (live.head === undefined) {
      live.begin(cursorOf(heads))
      if (live.hasFresh) this.#options.turn.conversation(live)
      const waited = this.#options.runtime.clock.monotonicMs() - readAtMs
      const remembered = waited <= RECENT_HEADS_MS && readAtMs >= this.#toldSinceMs
      if (live.isGapped || !remembered || this.#recent.isBeyond(keyOf(live.app, live.id), heads))
        this.repair(live)
    } else if (live.isBehind(heads)) this.repair(live)
  }

  /** `beginAt`, and waits while it is behind those heads, until its repair has ended or failed once. */
  async catchUp(live: LiveConversation, heads: Marks, readAtMs: number): Promise<void> {
    this.beginAt(live, heads, readAtMs)
    if (live.isBehind(heads)) await this.#repair.ended(live)
  }

  /** Begins a conversation at a cursor that something may lie behind. */
  beginBefore(live: LiveConversation, cursor: Cursor): void {
    if (live.hasPassed(cursor)) return
    live.begin(cursor)
    if (live.hasFresh) this.#options.turn.conversation(live)
    this.repair(live)
  }

  /** Hints: events that were committed, in the order of their lanes. */
  publish(records: readonly LogRecord[]): void {
    for (const record of records) {
      const live = this.get(record.app, record.conversation)
      const offered = live?.offer(record) ?? 'held'
      // What is held goes with its conversation, which may be released before it begins.
      if (offered === 'held')
        this.#note(record.app, record.conversation, record.event.origin, record.event.seq)
      if (live === undefined) continue
      if (live.hasFresh) this.#options.turn.conversation(live)
      if (offered === 'held' && live.head !== undefined) this.repair(live)
    }
  }

  /** What a tail read or a hint without its event told: whoever is behind it reads. */
  heads(heads: TailPage['heads']): void {
    for (const { app, conversation, origin, seq } of heads) {
      const live = this.get(app, conversation)
      if ((live?.head?.[origin] ?? 0) >= seq) continue
      // Also of one that is live: it may begin at a state that was read before this was told.
      this.#note(app, conversation, origin, seq)
      if (live?.head !== undefined) this.repair(live)
    }
  }

  /** Lets out what was gathered in this turn: one frame for all followers. */
  flush(live: LiveConversation): void {
    const fresh = live.takeFresh()
    let run: string[] = []
    for (const { event, json, removes } of fresh) {
      run.push(json)
      if (removes === undefined) continue
      this.#deliver(live, run)
      run = []
      for (const follower of [...live.followers])
        if (follower.user === removes) follower.removedBy(live, event)
    }
    this.#deliver(live, run)
    if (!isUserLog(live.id)) return
    for (const { event } of fresh) for (const follower of [...live.followers]) follower.userEvent(event)
  }

  /** Reads what is missing, once however many follow; again until nothing is. */
  repair(live: LiveConversation): void {
    this.#repair.begin(live)
  }

  #note(app: string, conversation: string, origin: string, seq: number): void {
    this.#recent.note(keyOf(app, conversation), origin, seq, this.#options.runtime.clock.monotonicMs())
  }

  *#lives(): Generator<LiveConversation> {
    for (const conversations of this.#apps.values()) yield* conversations.values()
  }

  #deliver(live: LiveConversation, json: readonly string[]): void {
    for (const message of eventsMessages(live.id, json))
      for (const follower of live.followers) follower.deliver(message)
    this.deliveries += json.length * live.followers.size
  }
}

const keyOf = (app: string, conversation: string): string => `${app}\n${conversation}`
