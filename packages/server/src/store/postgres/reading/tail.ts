import type { Connections, Statement } from '../connection/connections.ts'
import type { LaneVector, TailPage } from '../../store.ts'

const VECTOR: Statement = {
  name: 'skein-lane-vector',
  kind: 'vital',
  text: 'select lane, last_offset from skein.lane order by lane',
}

export async function laneVector(connections: Connections): Promise<LaneVector> {
  const rows = await connections.query<{ lane: number; last_offset: number }>(VECTOR, [])
  return rows.map((row) => row.last_offset)
}

/** Rows are taken from all lanes in turn, so that a busy lane does not hide the others when the limit cuts. */
const TAIL: Statement = {
  name: 'skein-tail',
  kind: 'vital',
  text: `with l as materialized (
      select lane, last_offset, least(coalesce(($1::bigint[])[lane + 1], 0), last_offset) as after from skein.lane
    ), moved as (
      select e.lane, e.lane_offset, e.origin, e.app, e.conversation, e.seq
        from l cross join lateral (
          select * from skein.event e where e.lane = l.lane and e.lane_offset > l.after order by e.lane_offset limit $2 + 1) e
        order by e.lane_offset - l.after, e.lane limit $2 + 1
    )
    select 0 as kind, l.lane, l.after as lane_offset, null as app, null as conversation, null as origin, 0 as seq from l
    union all
    select 1, m.lane, m.lane_offset, m.app, m.conversation, o.name, m.seq from moved m join skein.origin o on o.id = m.origin`,
}

interface TailRow {
  readonly kind: number
  readonly lane: number
  readonly lane_offset: number
  readonly app: string
  readonly conversation: string
  readonly origin: string
  readonly seq: number
}

export async function tail(connections: Connections, after: LaneVector, limit: number): Promise<TailPage> {
  const rows = await connections.query<TailRow>(TAIL, [after, limit])
  const vector: number[] = []
  const moved: TailRow[] = []
  for (const row of rows) {
    if (row.kind === 0) vector[row.lane] = row.lane_offset
    else moved.push(row)
  }
  // Lanes in turn: by distance from where each began.
  const from = [...vector]
  const distance = (row: TailRow): number => row.lane_offset - (from[row.lane] ?? 0)
  moved.sort((one, other) => distance(one) - distance(other) || one.lane - other.lane)
  const taken = moved.slice(0, limit)
  const heads = new Map<string, TailPage['heads'][number]>()
  for (const { lane, lane_offset, app, conversation, origin, seq } of taken) {
    vector[lane] = Math.max(vector[lane] ?? 0, lane_offset)
    heads.set(`${app}/${conversation}/${origin}`, { app, conversation, origin, seq })
  }
  return { heads: [...heads.values()], vector, more: moved.length > limit }
}
