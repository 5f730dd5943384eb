import { type Cursor, type Event, isUserLog, MemberBody } from '@skein/protocol'
import type { LogRecord } from '../store/store.ts'
import type { Encoded } from './encoded.ts'
import { EventTail, type TailEntry } from './event-tail.ts'

/** Somebody who gets a conversation's events as they come: a session. */
export interface Follower {
  readonly user: string
  /** A message that is the same for all followers. */
  deliver(message: Encoded): void
  /** Like `deliver`, for what may be lost: left out while the socket is busy. */
  deliverSoft(message: Encoded): void
  /** `event` removed this follower's user; it has been delivered. */
  removedBy(live: LiveConversation, event: Event): void
  /** An event of the user's own system log was delivered. */
  userEvent(event: Event): void
  /** What the follower holds of this conversation is void from here on. */
  reset(live: LiveConversation, cursor: Cursor): void
}

export interface FreshEvent {
  readonly event: Event
  readonly json: string
  readonly removes: string | undefined
}

/** `held`: beyond a gap, or before it is known where to begin. */
export type Offered = 'appended' | 'seen' | 'held'

/**
 * A conversation that somebody on this node follows. It passes events on strictly in order: what
 * lies beyond a gap is held until the gap is read from the log, once for all followers.
 */
export class LiveConversation {
  readonly app: string
  readonly id: string
  readonly followers = new Set<Follower>()
  /** Resumes and requests that are about to follow it; keeps it alive. */
  pins = 0
  readonly tail: EventTail
  readonly #maxHeld: number
  #head: Map<string, number> | undefined
  #held: LogRecord[] = []
  #fresh: FreshEvent[] = []

  constructor(
    app: string,
    id: string,
    bounds: { tailEvents: number; tailBytes: number; heldEvents: number },
  ) {
    this.app = app
    this.id = id
    this.tail = new EventTail(bounds.tailEvents, bounds.tailBytes)
    this.#maxHeld = bounds.heldEvents
  }

  /** Up to where it passed everything on; undefined before it knows where to begin. */
  get head(): ReadonlyMap<string, number> | undefined {
    return this.#head
  }

  get isGapped(): boolean {
    return this.#held.length > 0
  }

  /** Says where to begin. Only the first word counts. */
  begin(cursor: Cursor): void {
    if (this.#head !== undefined) return
    this.#head = new Map(Object.entries(cursor))
    this.#drainHeld()
  }

  /** Begins again elsewhere: the log lost what was passed on (a new incarnation). */
  restart(cursor: Cursor): void {
    this.#head = new Map(Object.entries(cursor))
    this.#held = []
    this.#fresh = []
    this.tail.clear()
  }

  offer(record: LogRecord): Offered {
    if (this.#head === undefined) return this.#hold(record)
    const { origin, seq } = record.event
    const passed = this.#head.get(origin) ?? 0
    if (seq <= passed) return 'seen'
    if (seq > passed + 1) return this.#hold(record)
    this.#append(record)
    if (this.#held.length > 0) this.#drainHeld()
    return 'appended'
  }

  /** Appended since the last call. */
  takeFresh(): readonly FreshEvent[] {
    const taken = this.#fresh
    this.#fresh = []
    return taken
  }

  get hasFresh(): boolean {
    return this.#fresh.length > 0
  }

  cursor(): Cursor {
    return Object.fromEntries(this.#head ?? [])
  }

  /** What a follower at `cursor` misses, from memory; undefined when memory does not reach back. */
  missing(cursor: Cursor): readonly TailEntry[] | undefined {
    return this.#head === undefined ? undefined : this.tail.after(cursor, this.#head)
  }

  #append(record: LogRecord): void {
    const { origin, seq } = record.event
    const json = JSON.stringify(record.event)
    this.#head?.set(origin, seq)
    const own = isUserLog(this.id)
    const removes = own ? undefined : removedUser(record.event)
    this.tail.append({
      origin,
      seq,
      json,
      ...(removes !== undefined && { removes }),
      ...(own && { event: record.event }),
    })
    this.#fresh.push({ event: record.event, json, removes })
  }

  /** Beyond the bound the farthest is let go: reading the gap brings it. */
  #hold(record: LogRecord): 'held' {
    this.#held.push(record)
    if (this.#held.length > this.#maxHeld) {
      this.#held.sort((a, b) => a.event.seq - b.event.seq)
      this.#held.length = Math.ceil(this.#maxHeld / 2)
    }
    return 'held'
  }

  #drainHeld(): void {
    const held = this.#held.sort((a, b) => a.event.seq - b.event.seq)
    this.#held = []
    for (const record of held) {
      const passed = this.#head?.get(record.event.origin) ?? 0
      if (record.event.seq === passed + 1) this.#append(record)
      else if (record.event.seq > passed) this.#held.push(record)
    }
  }
}

export function removedUser(event: Event): string | undefined {
  if (event.kind !== 'member') return undefined
  const body = MemberBody.safeParse(event.body)
  return body.success && body.data.change === 'remove' ? body.data.user : undefined
}
