import { hlcNext, type Hlc } from '@skein/core'
import type { Body, Cursor, Mark, Marks } from '@skein/protocol'
import type * as z from 'zod/mini'
import type { LogRecord } from '../../store.ts'
import type { Committed } from '../../decide/decision.ts'
import { recordOf, type EventRow } from './event-row.ts'
import type { HeadRow } from './load.ts'

export type MarkValue = z.infer<typeof Mark>

/** What an appended event says itself; the rest is numbering. */
export interface Said {
  readonly sender: string
  readonly clientId: string
  readonly kind: string
  readonly body: Body
  readonly bodyText: string
  readonly countable: boolean
  readonly afterHlc?: Hlc
}

export interface Numbering {
  readonly origin: string
  readonly nowMs: number
  nextLaneOffset(lane: number): number
}

export const storedOf = (record: LogRecord, bodyText: string): Committed => ({ record, bodyText })

/** A conversation's or user's log while a batch is decided: its heads, and what of it was looked up. */
export class LogDraft {
  readonly app: string
  readonly id: string
  readonly lane: number
  /** Changes with the membership; nodes confirm what they know by it. */
  version = 1
  #hlc: Hlc = 0
  readonly #heads = new Map<string, MarkValue>()
  readonly #known = new Map<string, Committed>()

  constructor(app: string, id: string, lane: number) {
    this.app = app
    this.id = id
    this.lane = lane
  }

  get hlc(): Hlc {
    return this.#hlc
  }

  find(sender: string, clientId: string): Committed | undefined {
    return this.#known.get(`${sender} ${clientId}`)
  }

  /** Takes in what the database holds. */
  load(head: HeadRow): void {
    this.#heads.set(head.name, { seq: head.seq, count: head.count })
    this.#hlc = Math.max(this.#hlc, head.hlc)
    this.version = Math.max(this.version, head.version)
  }

  know(row: EventRow): void {
    this.#known.set(`${row.sender} ${row.client_id}`, storedOf(recordOf(row), row.body))
  }

  headOf(origin: string): MarkValue {
    return this.#heads.get(origin) ?? { seq: 0, count: 0 }
  }

  heads(): Marks {
    return Object.fromEntries(this.#heads)
  }

  cursor(): Cursor {
    return Object.fromEntries([...this.#heads].map(([origin, mark]) => [origin, mark.seq]))
  }

  append(said: Said, numbering: Numbering): Committed {
    const { origin, nowMs } = numbering
    const head = this.headOf(origin)
    const mark = { seq: head.seq + 1, count: head.count + (said.countable ? 1 : 0) }
    this.#hlc = hlcNext(nowMs, this.#hlc, said.afterHlc ?? 0)
    this.#heads.set(origin, mark)
    const { sender, clientId, kind, body, bodyText } = said
    const event = {
      origin,
      seq: mark.seq,
      hlc: this.#hlc,
      sender,
      clientId,
      kind,
      body,
      count: mark.count,
      at: nowMs,
    }
    const laneOffset = numbering.nextLaneOffset(this.lane)
    const stored = storedOf(
      { app: this.app, conversation: this.id, lane: this.lane, laneOffset, event, bodyText },
      bodyText,
    )
    this.#known.set(`${sender} ${clientId}`, stored)
    return stored
  }
}
