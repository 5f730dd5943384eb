import type { Cursor, Event } from '@skein/protocol'
import { eventsMessages } from '../delivery/events-message.ts'
import type { Encoded } from '../delivery/encoded.ts'
import type { Hub } from '../delivery/hub.ts'
import type { Follower, LiveConversation } from '../delivery/live-conversation.ts'

interface Follow {
  /** Undefined while the client catches up with `sync` at its own pace. */
  live: LiveConversation | undefined
  /** The member sees what comes after this. */
  from: Cursor
}

export interface SessionFollower extends Follower {
  /** Writes a message whatever is buffered: a bounded answer to what the client asked for. */
  push(message: Encoded): void
}

/**
 * Which conversations a session follows. `live`: it gets events as they come. Paused: the client
 * was told `behind` and pages from its own cursor; the page that reaches the head makes it live again.
 * No cursor is kept for either: the client owns it.
 */
export class Follows {
  readonly #hub: Hub
  readonly #follower: SessionFollower
  readonly #follows = new Map<string, Follow>()

  constructor(hub: Hub, follower: SessionFollower) {
    this.#hub = hub
    this.#follower = follower
  }

  get size(): number {
    return this.#follows.size
  }

  has(conversation: string): boolean {
    return this.#follows.has(conversation)
  }

  live(conversation: string): LiveConversation | undefined {
    return this.#follows.get(conversation)?.live
  }

  /**
   * Follows from `cursor` on, sending what memory has beyond it. False: memory does not reach back,
   * or is not yet as far as `cursor`; the follow is paused and the client has to page.
   */
  attach(live: LiveConversation, cursor: Cursor, from: Cursor): boolean {
    // What was gathered in this turn is for those who follow already.
    if (live.hasFresh) this.#hub.flush(live)
    this.#detach(this.#follows.get(live.id))
    const follow: Follow = { live: undefined, from }
    this.#follows.set(live.id, follow)
    // One that lags behind would pass on again what the client has, or what came before the member joined.
    if (!live.hasPassed(cursor) || !live.hasPassed(from)) return false
    const missing = live.missing(cursor)
    if (missing === undefined) return false
    const removedAt = missing.findIndex(
      (entry) => entry.removes === this.#follower.user && entry.seq > (from[entry.origin] ?? 0),
    )
    const visible = removedAt < 0 ? missing : missing.slice(0, removedAt + 1)
    for (const message of eventsMessages(
      live.id,
      visible.map((entry) => entry.json),
    ))
      this.#follower.push(message)
    if (removedAt >= 0) {
      this.#follows.delete(live.id)
      return true
    }
    follow.live = live
    live.followers.add(this.#follower)
    for (const { event } of visible) if (event !== undefined) this.#follower.userEvent(event)
    return true
  }

  /** Takes note of a conversation without following it yet. */
  pause(conversation: string, from: Cursor): void {
    this.#detach(this.#follows.get(conversation))
    this.#follows.set(conversation, { live: undefined, from })
  }

  /** Pauses all that is live; answers what was. */
  pauseAll(): string[] {
    const paused: string[] = []
    for (const [conversation, follow] of this.#follows) {
      if (follow.live === undefined) continue
      paused.push(conversation)
      this.#detach(follow)
    }
    return paused
  }

  fromOf(conversation: string): Cursor | undefined {
    return this.#follows.get(conversation)?.from
  }

  /** The user was removed by `event`; unless it has joined again since. */
  removed(conversation: string, event: Event): void {
    const follow = this.#follows.get(conversation)
    if (follow === undefined || (follow.from[event.origin] ?? 0) >= event.seq) return
    this.#detach(follow)
    this.#follows.delete(conversation)
  }

  /** The user's own log says that it left. A live follow ends when the removal itself passes, no sooner. */
  left(conversation: string, until: Cursor): void {
    const follow = this.#follows.get(conversation)
    if (follow === undefined || follow.live !== undefined) return
    const rejoined = Object.entries(until).some(([origin, seq]) => (follow.from[origin] ?? 0) >= seq)
    if (!rejoined) this.#follows.delete(conversation)
  }

  clear(): void {
    for (const follow of this.#follows.values()) this.#detach(follow)
    this.#follows.clear()
  }

  #detach(follow: Follow | undefined): void {
    if (follow?.live === undefined) return
    const live = follow.live
    follow.live = undefined
    live.followers.delete(this.#follower)
    this.#hub.releaseIfUnused(live)
  }
}
