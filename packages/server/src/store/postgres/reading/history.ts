import type { Connections, Statement } from '../connection/connections.ts'
import { EVENT_COLUMNS, recordOf, type EventRow } from '../commit/event-row.ts'
import type { HistoryRequest, HistoryResult } from '../../store.ts'
import { VISIBLE } from './visible.ts'

const statement = (name: string, compare: '<' | '>', order: 'desc' | 'asc'): Statement => ({
  name,
  kind: 'requests',
  text: `select ${EVENT_COLUMNS} from skein.event e join skein.origin o on o.id = e.origin
    where e.app = $1 and e.conversation = $2
      and ($3::text is null or exists (
        select 1 from skein.visibility v where v.app = $1 and v.conversation = $2 and v.user_id = $3 and ${VISIBLE}))
      and e.hlc ${compare}= $4 and (e.hlc, o.region, e.seq) ${compare} ($4::bigint, $5::text collate "C", $6::bigint)
    order by e.hlc ${order}, o.region ${order}, e.seq ${order} limit $7`,
})

const BEFORE = statement('skein-history-before', '<', 'desc')
const AFTER = statement('skein-history-after', '>', 'asc')
const WAS_MEMBER: Statement = {
  name: 'skein-was-member',
  kind: 'requests',
  text: 'select 1 from skein.visibility where app = $1 and conversation = $2 and user_id = $3 limit 1',
}

const AFTER_EVERYTHING = { hlc: Number.MAX_SAFE_INTEGER, origin: 'z.z', seq: 0 }

export async function history(connections: Connections, request: HistoryRequest): Promise<HistoryResult> {
  const { app, conversation, user, limit } = request
  const forward = request.after !== undefined && request.before === undefined
  const from = (forward ? request.after : request.before) ?? AFTER_EVERYTHING
  const region = from.origin.slice(0, from.origin.indexOf('.'))
  const values = [app, conversation, user ?? null, from.hlc, region, from.seq, limit + 1]
  const rows = await connections.query<EventRow>(forward ? AFTER : BEFORE, values)
  if (rows.length === 0 && user !== undefined) {
    const was = await connections.query(WAS_MEMBER, [app, conversation, user])
    return { records: [], more: false, notMember: was.length === 0 }
  }
  const records = rows.slice(0, limit).map(recordOf)
  return { records: forward ? records : records.toReversed(), more: rows.length > limit, notMember: false }
}
