import type { Cursor, Marks } from '@skein/protocol'
import type { Connections, Statement } from '../connection/connections.ts'
import { EVENT_COLUMNS, recordOf, type EventRow } from '../commit/event-row.ts'
import type { LogRecord, ReadPage, ReadRequest } from '../../store.ts'
import { isVisible, type Interval } from './visible.ts'

/** Bodies in one page, in bytes; one event always goes. */
const PAGE_BYTES = 262_144

/** One snapshot answers all: heads and intervals of each request (`facts`), and the events after its cursor. */
const READ: Statement = {
  name: 'skein-read',
  kind: 'pages',
  text: `with r as materialized (
      select * from jsonb_to_recordset($1::jsonb) as r (place integer, app text collate "C", conversation text collate "C",
        user_id text collate "C", cursor jsonb, page integer)
    )
    select r.place, json_build_object(
        'heads', (select coalesce(json_object_agg(o.name, json_build_object('seq', h.seq, 'count', h.count)), '{}')
          from skein.head h join skein.origin o on o.id = h.origin
          where h.app = r.app and h.conversation = r.conversation),
        'intervals', (select coalesce(json_agg(json_build_object('from', v.sees_from, 'until', v.sees_until)), '[]')
          from skein.visibility v
          where v.app = r.app and v.conversation = r.conversation and v.user_id = r.user_id)) as facts,
      null as app, null as conversation, null::smallint as lane, null::bigint as lane_offset, null as origin_name, null::bigint as seq,
      null::bigint as hlc, null::bigint as count, null::bigint as at, null as sender, null::uuid as client_id, null as kind, null as body
      from r
    union all
    select r.place, null, ${EVENT_COLUMNS.replaceAll('\n', ' ')}
      from r join skein.head h on h.app = r.app and h.conversation = r.conversation
      join skein.origin o on o.id = h.origin
      cross join lateral (
        select *, sum(octet_length(p.body)) over (order by p.seq) - octet_length(p.body) as bytes_before from (
          select * from skein.event e
            where e.app = r.app and e.conversation = r.conversation and e.origin = h.origin
              and e.seq > coalesce((r.cursor ->> o.name)::bigint, 0)
            order by e.seq limit r.page) p
      ) e
      where e.bytes_before <= ${PAGE_BYTES}`,
}

interface Facts {
  readonly heads: Marks
  readonly intervals: readonly Interval[]
}

type ReadRow = EventRow & { readonly place: number; readonly facts: Facts | null }

export async function readPages(
  connections: Connections,
  requests: readonly ReadRequest[],
): Promise<ReadPage[]> {
  if (requests.length === 0) return []
  const asked = requests.map(({ app, conversation, user, cursor, limit }, place) => ({
    place,
    app,
    conversation,
    user_id: user,
    cursor,
    page: limit,
  }))
  const rows = await connections.query<ReadRow>(READ, [JSON.stringify(asked)])
  const facts: Facts[] = []
  const events: EventRow[][] = requests.map(() => [])
  for (const row of rows) {
    if (row.facts === null) events[row.place]?.push(row)
    else facts[row.place] = row.facts
  }
  return requests.map((request, place) =>
    pageOf(request, facts[place] ?? { heads: {}, intervals: [] }, events[place] ?? []),
  )
}

export const cursorOf = (heads: Marks): Cursor =>
  Object.fromEntries(Object.entries(heads).map(([origin, mark]) => [origin, mark.seq]))

/** What of `rows` (per origin everything after the cursor, up to the limit) makes the page. */
export function pageOf(
  request: ReadRequest,
  { heads, intervals }: Facts,
  rows: readonly EventRow[],
): ReadPage {
  const nothing = { records: [], more: false, reset: false, notMember: false }
  if (request.user !== undefined && intervals.length === 0)
    return { ...nothing, cursor: request.cursor, notMember: true }
  const ahead = Object.entries(request.cursor).some(([origin, seq]) => seq > (heads[origin]?.seq ?? 0))
  if (ahead) return { ...nothing, cursor: cursorOf(heads), reset: true }
  // By hlc, which within an origin is also the order of seq: so the page is whole up to its cursor.
  const ordered = rows.toSorted((one, other) => one.hlc - other.hlc || one.seq - other.seq)
  const cursor: Record<string, number> = { ...request.cursor }
  const records: LogRecord[] = []
  let passed = 0
  let bytes = 0
  for (const row of ordered) {
    bytes += Buffer.byteLength(row.body)
    if (passed === request.limit || (passed > 0 && bytes > PAGE_BYTES)) break
    passed++
    cursor[row.origin_name] = row.seq
    if (request.user === undefined || isVisible(intervals, row.origin_name, row.seq))
      records.push(recordOf(row))
  }
  const more = Object.entries(heads).some(([origin, mark]) => (cursor[origin] ?? 0) < mark.seq)
  return { records, cursor, more, reset: false, notMember: false }
}
