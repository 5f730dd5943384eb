import type { Body, Event } from '@skein/protocol'
import type { LogRecord } from '../../store.ts'

/** An event as queries answer it. */
export interface EventRow {
  readonly app: string
  readonly conversation: string
  readonly lane: number
  readonly lane_offset: number
  readonly origin_name: string
  readonly seq: number
  readonly hlc: number
  readonly count: number
  readonly at: number
  readonly sender: string
  readonly client_id: string
  readonly kind: string
  readonly body: string
}

/** The columns of an EventRow, from `e` (event) and `o` (its origin). */
export const EVENT_COLUMNS = `e.app, e.conversation, e.lane, e.lane_offset, o.name as origin_name, e.seq, e.hlc, e.count, e.at,
  e.sender, e.client_id, e.kind, e.body`

export function recordOf(row: EventRow): LogRecord {
  const { app, conversation, lane } = row
  return { app, conversation, lane, laneOffset: row.lane_offset, event: eventOf(row), bodyText: row.body }
}

export function eventOf(row: EventRow): Event {
  return {
    origin: row.origin_name,
    seq: row.seq,
    hlc: row.hlc,
    sender: row.sender,
    clientId: row.client_id,
    kind: row.kind,
    body: bodyOf(row.body),
    count: row.count,
    at: row.at,
  }
}

/** Bodies were checked before they were stored: they are objects. */
const bodyOf = (text: string): Body => parseBody(text) ?? {}

/** Undefined for what is no JSON object. */
export function parseBody(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isBody(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What JSON.parse made holds only JSON, so that an object is a body. */
const isBody = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
