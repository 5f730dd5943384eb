import { type Cursor, type Event, isUserLog, type Marks, MemberBody } from '@skein/protocol'
import { eventJson } from '../store/event-json.ts'
import type { LogRecord } from '../store/store.ts'
import type { Encoded } from './encoded.ts'
import { missingIn } from './cursors.ts'
import { EventTail, type TailEntry } from './event-tail.ts'
import { FollowerSet } from './follower-set.ts'

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

/** How much is kept of one conversation. */
export interface LiveBounds {
  readonly tailEvents: number
  readonly tailBytes: number
  readonly heldEvents: number
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
  readonly followers = new FollowerSet<Follower>()
  /** Resumes and requests that are about to follow it; keeps it alive. */
  pins = 0
  readonly #bounds: LiveBounds
  #head: Record<string, number> | undefined
  // Made when first needed: most live conversations are quiet.
  #tail: EventTail | undefined
  #held: LogRecord[] | undefined
  #fresh: FreshEvent[] | undefined

  constructor(app: string, id: string, bounds: LiveBounds) {
    this.app = app
    this.id = id
    this.#bounds = bounds
  }

  /** Up to where it passed everything on; undefined before it knows where to begin. */
  get head(): Cursor | undefined {
    return this.#head
  }

  /** Whether it passed on everything up to `cursor`. */
  hasPassed(cursor: Cursor): boolean {
    return this.#head !== undefined && missingIn(this.#head, cursor) === 0
  }

  /** Whether it began, and has not passed on all up to these heads. */
  isBehind(heads: Marks): boolean {
    if (this.#head === undefined) return false
    for (const origin in heads) if ((heads[origin]?.seq ?? 0) > (this.#head[origin] ?? 0)) return true
    return false
  }

  get isGapped(): boolean {
    return this.#held !== undefined
  }

  /** Says where to begin. Only the first word counts. */
  begin(cursor: Cursor): void {
    if (this.#head !== undefined) return
    this.#head = { ...cursor }
    this.#drainHeld()
  }

  /** Begins again elsewhere: the log lost what was passed on (a new incarnation). */
  restart(cursor: Cursor): void {
    this.#head = { ...cursor }
    this.#held = undefined
    this.#fresh = undefined
    this.#tail = undefined
  }

  offer(record: LogRecord): Offered {
    if (this.#head === undefined) return this.#hold(record)
    const { origin, seq } = record.event
    const passed = this.#head[origin] ?? 0
    if (seq <= passed) return 'seen'
    if (seq > passed + 1) return this.#hold(record)
    this.#append(record)
    if (this.#held !== undefined) this.#drainHeld()
    return 'appended'
  }

  /** Appended since the last call. */
  takeFresh(): readonly FreshEvent[] {
    const taken = this.#fresh ?? []
    this.#fresh = undefined
    return taken
  }

  get hasFresh(): boolean {
    return this.#fresh !== undefined
  }

  cursor(): Cursor {
    return { ...this.#head }
  }

  /** What a follower at `cursor` misses, from memory; undefined when memory does not reach back. */
  missing(cursor: Cursor): readonly TailEntry[] | undefined {
    if (this.#head === undefined) return undefined
    const count = missingIn(cursor, this.#head)
    return count === 0 ? [] : this.#tail?.after(cursor, count)
  }

  #append(record: LogRecord): void {
    const { origin, seq } = record.event
    const json = eventJson(record)
    if (this.#head !== undefined) this.#head[origin] = seq
    const own = isUserLog(this.id)
    const removes = own ? undefined : removedUser(record.event)
    this.#tail ??= new EventTail(this.#bounds.tailEvents, this.#bounds.tailBytes)
    this.#tail.append({ origin, seq, json, removes, event: own ? record.event : undefined })
    this.#fresh ??= []
    this.#fresh.push({ event: record.event, json, removes })
  }

  /** Beyond the bound the farthest is let go: reading the gap brings it. */
  #hold(record: LogRecord): 'held' {
    this.#held ??= []
    this.#held.push(record)
    const { heldEvents } = this.#bounds
    if (this.#held.length > heldEvents) {
      this.#held = this.#held.sort((a, b) => a.event.seq - b.event.seq).slice(0, Math.ceil(heldEvents / 2))
    }
    return 'held'
  }

  #drainHeld(): void {
    const held = this.#held?.sort((a, b) => a.event.seq - b.event.seq) ?? []
    const beyond: LogRecord[] = []
    for (const record of held) {
      const passed = this.#head?.[record.event.origin] ?? 0
      if (record.event.seq === passed + 1) this.#append(record)
      else if (record.event.seq > passed) beyond.push(record)
    }
    this.#held = beyond.length > 0 ? beyond : undefined
  }
}

export function removedUser(event: Event): string | undefined {
  if (event.kind !== 'member') return undefined
  const body = MemberBody.safeParse(event.body)
  return body.success && body.data.change === 'remove' ? body.data.user : undefined
}
