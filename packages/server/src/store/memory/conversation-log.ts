import type { Hlc } from '@skein/core'
import type { Cursor, Marks } from '@skein/protocol'
import { visibleLength, type Stored, type Undo } from './stored.ts'

/** Sees all: what is asked under the lock. */
export const UNDER_LOCK = Number.POSITIVE_INFINITY

/** The log of one conversation or of one user, with the indexes that keep every question short. */
export class ConversationLog {
  readonly app: string
  readonly id: string
  readonly lane: number
  /** Per origin its events, `seq` - 1 is the index. Older incarnations come first. */
  readonly origins = new Map<string, Stored[]>()
  /** All events by (hlc, region, seq); with one writing region that is the order of their commits. */
  readonly timeline: Stored[] = []
  readonly messages: Stored[] = []
  readonly #byClient = new Map<string, Stored>()

  constructor(app: string, id: string, lane: number) {
    this.app = app
    this.id = id
    this.lane = lane
  }

  get hlc(): Hlc {
    return this.timeline.at(-1)?.record.event.hlc ?? 0
  }

  /** The newest event of an origin. */
  last(origin: string): Stored | undefined {
    return this.origins.get(origin)?.at(-1)
  }

  find(sender: string, clientId: string): Stored | undefined {
    return this.#byClient.get(`${sender} ${clientId}`)
  }

  append(stored: Stored, countable: boolean): Undo {
    const { event } = stored.record
    const key = `${event.sender} ${event.clientId}`
    const events = this.origins.get(event.origin) ?? []
    this.origins.set(event.origin, events)
    events.push(stored)
    this.timeline.push(stored)
    if (countable) this.messages.push(stored)
    this.#byClient.set(key, stored)
    return () => {
      events.pop()
      if (events.length === 0) this.origins.delete(event.origin)
      this.timeline.pop()
      if (countable) this.messages.pop()
      this.#byClient.delete(key)
    }
  }

  heads(nowMs: number): Marks {
    const heads: Marks = {}
    for (const [origin, events] of this.origins) {
      const last = events[visibleLength(events, nowMs) - 1]?.record.event
      if (last !== undefined) heads[origin] = { seq: last.seq, count: last.count }
    }
    return heads
  }

  cursor(nowMs: number): Cursor {
    return Object.fromEntries(Object.entries(this.heads(nowMs)).map(([origin, mark]) => [origin, mark.seq]))
  }

  /** The mark at a position, clamped to the head; undefined for an origin that has nothing here. */
  markAt(origin: string, seq: number): { seq: number; count: number } | undefined {
    const events = this.origins.get(origin)
    if (events === undefined) return undefined
    const event = events[Math.min(seq, events.length) - 1]?.record.event
    return event === undefined ? undefined : { seq: event.seq, count: event.count }
  }
}
