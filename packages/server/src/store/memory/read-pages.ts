import { isUserLog, userLogId, type Cursor } from '@skein/protocol'
import type { HistoryRequest, HistoryResult, LogRecord, ReadPage, ReadRequest } from '../store.ts'
import type { ConversationLog } from './conversation-log.ts'
import { isInside, knownIntervals, type Interval } from './intervals.ts'
import type { MemoryDatabase } from './memory-database.ts'
import { keyOf } from './rows.ts'
import { visibleLength, type Stored } from './stored.ts'
import { lowerBound } from './lower-bound.ts'
import { compareKeys } from './timeline-order.ts'

/** Bodies in one page of `read`. */
const PAGE_BODY_BYTES = 262_144

type Sees = (stored: Stored) => boolean

/** What of a conversation a user may see; undefined when it never was a member. */
function sightOf(
  database: MemoryDatabase,
  app: string,
  conversation: string,
  user: string | undefined,
  nowMs: number,
): Sees | undefined {
  if (user === undefined) return () => true
  if (isUserLog(conversation)) return conversation === userLogId(user) ? () => true : undefined
  const all = database.conversations.get(keyOf(app, conversation))?.intervalsOf(user) ?? []
  const intervals: readonly Interval[] = knownIntervals(all, nowMs)
  if (intervals.length === 0) return undefined
  return ({ record: { event } }) =>
    intervals.some((interval) => isInside(interval, event.origin, event.seq, nowMs))
}

export function readPage(database: MemoryDatabase, request: ReadRequest): ReadPage {
  const nowMs = database.nowMs()
  const nothing = { records: [], more: false, reset: false, notMember: false }
  const sees = sightOf(database, request.app, request.conversation, request.user, nowMs)
  if (sees === undefined) return { ...nothing, cursor: { ...request.cursor }, notMember: true }
  const log = database.logs.get(keyOf(request.app, request.conversation))
  if (isBeyond(request.cursor, log)) return { ...nothing, cursor: log?.cursor(nowMs) ?? {}, reset: true }
  if (log === undefined) return { ...nothing, cursor: {} }
  return { ...nothing, ...collect(log, request, sees, nowMs) }
}

/** Asked of all that is committed, visible or not: what is still on its way is no reason for a reset. */
function isBeyond(cursor: Cursor, log: ConversationLog | undefined): boolean {
  return Object.entries(cursor).some(([origin, seq]) => seq > (log?.origins.get(origin)?.length ?? 0))
}

function collect(
  log: ConversationLog,
  { cursor: from, limit }: ReadRequest,
  sees: Sees,
  nowMs: number,
): Pick<ReadPage, 'records' | 'cursor' | 'more'> {
  const records: LogRecord[] = []
  const cursor: Cursor = {}
  let bytes = 0
  let full = false
  for (const [origin, events] of log.origins) {
    const end = visibleLength(events, nowMs)
    let position = from[origin] ?? 0
    while (!full && position < end) {
      const stored = events[position]
      if (stored === undefined) break
      if (sees(stored)) {
        full = records.length >= limit || (records.length > 0 && bytes + stored.bodyBytes > PAGE_BODY_BYTES)
        if (full) break
        records.push(stored.record)
        bytes += stored.bodyBytes
      }
      position++
    }
    if (position > 0) cursor[origin] = position
  }
  return { records, cursor, more: full }
}

export function historyPage(database: MemoryDatabase, request: HistoryRequest): HistoryResult {
  const nowMs = database.nowMs()
  const sees = sightOf(database, request.app, request.conversation, request.user, nowMs)
  if (sees === undefined) return { records: [], more: false, notMember: true }
  const timeline = database.logs.get(keyOf(request.app, request.conversation))?.timeline ?? []
  const visible = visibleLength(timeline, nowMs)
  const start = request.after === undefined ? 0 : placeAfter(timeline, visible, request.after)
  const end = request.before === undefined ? visible : placeBefore(timeline, visible, request.before)
  const forward = request.after !== undefined
  const found: LogRecord[] = []
  for (let step = 0; step < end - start && found.length <= request.limit; step++) {
    const stored = timeline[forward ? start + step : end - 1 - step]
    if (stored !== undefined && sees(stored)) found.push(stored.record)
  }
  const records = found.slice(0, request.limit)
  return {
    records: forward ? records : records.toReversed(),
    more: found.length > request.limit,
    notMember: false,
  }
}

type Key = NonNullable<HistoryRequest['after']>

/** The first index whose key is above `key`. */
const placeAfter = (timeline: readonly Stored[], length: number, key: Key): number =>
  lowerBound(length, (index) => compareKeys(eventAt(timeline, index), key) > 0)

/** The first index whose key is not below `key`. */
const placeBefore = (timeline: readonly Stored[], length: number, key: Key): number =>
  lowerBound(length, (index) => compareKeys(eventAt(timeline, index), key) >= 0)

const eventAt = (timeline: readonly Stored[], index: number): Key =>
  timeline[index]?.record.event ?? { hlc: 0, origin: '', seq: 0 }
