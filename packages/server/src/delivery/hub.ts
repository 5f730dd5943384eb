import type { Runtime } from '@skein/core'
import { type Cursor, isUserLog, type Marks } from '@skein/protocol'
import type { NodeLimits } from '../node/limits.ts'
import type { Logger } from '../observe/logger.ts'
import type { LogRecord, ReadPage, ReadRequest, TailPage } from '../store/store.ts'
import type { Batcher } from './batcher.ts'
import { cursorOf } from './cursors.ts'
import { eventsMessages } from './events-message.ts'
import { LiveConversation } from './live-conversation.ts'
import { RecentHeads } from './recent-heads.ts'
import type { Turn } from './turn.ts'

/** Events in one read that repairs a gap. */
const REPAIR_EVENTS = 200
/** Wait before a failed repair is tried again. */
const REPAIR_RETRY_MS = 500
/** How long heads of conversations that nobody follows are remembered; longer than any resume should take. */
const RECENT_HEADS_MS = 5_000

export interface HubOptions {
  readonly reader: Batcher<ReadRequest, ReadPage>
  readonly runtime: Runtime
  readonly limits: NodeLimits
  readonly logger: Logger
  readonly turn: Turn
}

/** All conversations that somebody on this node follows: takes hints and tail heads in, lets frames out. */
export class Hub {
  readonly #options: HubOptions
  #apps = new Map<string, Map<string, LiveConversation>>()
  #recent: RecentHeads
  /** Conversations being read, and whether something was told meanwhile that asks for one more read. */
  readonly #repairing = new Map<LiveConversation, { again: boolean }>()
  deliveries = 0
  repairs = 0

  constructor(options: HubOptions) {
    this.#options = options
    this.#recent = new RecentHeads(RECENT_HEADS_MS, options.runtime.clock.monotonicMs())
  }

  /** Another incarnation of the log: nothing that was known holds any more. */
  forget(): void {
    this.#apps = new Map()
    this.#recent = new RecentHeads(RECENT_HEADS_MS, this.#options.runtime.clock.monotonicMs())
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
    if (live === undefined)
      conversations.set(id, (live = new LiveConversation(app, id, this.#options.limits)))
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
    // Whoever begins it anew from a state that was read before must learn that it moved on since.
    const nowMs = this.#options.runtime.clock.monotonicMs()
    for (const [origin, seq] of Object.entries(live.head ?? {}))
      this.#recent.note(keyOf(live.app, live.id), origin, seq, nowMs)
  }

  /**
   * Begins a conversation at heads that were read at `readAtMs` (monotonic). What was committed since
   * is known from recent heads, or read when that memory is too short.
   */
  beginAt(live: LiveConversation, heads: Marks, readAtMs: number): void {
    if (live.head === undefined) {
      live.begin(cursorOf(heads))
      if (live.hasFresh) this.#options.turn.conversation(live)
      const waited = this.#options.runtime.clock.monotonicMs() - readAtMs
      if (live.isGapped || waited > RECENT_HEADS_MS || this.#recent.isBeyond(keyOf(live.app, live.id), heads))
        this.repair(live)
      return
    }
    for (const [origin, mark] of Object.entries(heads)) {
      if (mark.seq > (live.head[origin] ?? 0)) return this.repair(live)
    }
  }

  /** Begins a conversation at a cursor that something is known to lie behind. */
  beginBefore(live: LiveConversation, cursor: Cursor): void {
    if (live.head !== undefined) return
    live.begin(cursor)
    if (live.hasFresh) this.#options.turn.conversation(live)
    this.repair(live)
  }

  /** Hints: events that were committed, in the order of their lanes. */
  publish(records: readonly LogRecord[]): void {
    for (const record of records) {
      const live = this.get(record.app, record.conversation)
      if (live === undefined) {
        const { origin, seq } = record.event
        this.#recent.note(
          keyOf(record.app, record.conversation),
          origin,
          seq,
          this.#options.runtime.clock.monotonicMs(),
        )
        continue
      }
      const offered = live.offer(record)
      if (live.hasFresh) this.#options.turn.conversation(live)
      if (offered === 'held' && live.head !== undefined) this.repair(live)
    }
  }

  /** What a tail read told: whoever is behind it reads. */
  heads(heads: TailPage['heads']): void {
    for (const { app, conversation, origin, seq } of heads) {
      const live = this.get(app, conversation)
      if (live === undefined)
        this.#recent.note(keyOf(app, conversation), origin, seq, this.#options.runtime.clock.monotonicMs())
      else if (live.head !== undefined && (live.head[origin] ?? 0) < seq) this.repair(live)
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

  #deliver(live: LiveConversation, json: readonly string[]): void {
    for (const message of eventsMessages(live.id, json))
      for (const follower of live.followers) follower.deliver(message)
    this.deliveries += json.length * live.followers.size
  }

  /** Reads what is missing, once however many follow; again until nothing is. */
  repair(live: LiveConversation): void {
    const running = this.#repairing.get(live)
    if (running !== undefined) {
      running.again = true
      return
    }
    const repair = { again: false }
    this.#repairing.set(live, repair)
    this.repairs++
    void this.#repairLoop(live, repair)
  }

  async #repairLoop(live: LiveConversation, repair: { again: boolean }): Promise<void> {
    do {
      repair.again = false
      await this.#readMissing(live)
    } while (repair.again)
    this.#repairing.delete(live)
  }

  async #readMissing(live: LiveConversation): Promise<void> {
    const { reader, runtime, logger } = this.#options
    for (;;) {
      if (live.pins === 0 && live.followers.size === 0) return
      let page: ReadPage
      try {
        page = await reader.load({
          app: live.app,
          conversation: live.id,
          cursor: live.cursor(),
          limit: REPAIR_EVENTS,
        })
      } catch (error) {
        logger.debug({ err: error, conversation: live.id }, 'repairing a gap failed, trying again')
        await new Promise<void>((resolve) => runtime.timers.after(REPAIR_RETRY_MS, resolve))
        continue
      }
      if (page.reset) {
        live.restart(page.cursor)
        for (const follower of [...live.followers]) follower.reset(live, page.cursor)
        return
      }
      for (const record of page.records) live.offer(record)
      if (live.hasFresh) this.#options.turn.conversation(live)
      if (!page.more) return
    }
  }
}

const keyOf = (app: string, conversation: string): string => `${app}\n${conversation}`
