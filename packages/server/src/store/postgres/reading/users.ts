import { userLogId, type ConversationState, type Cursor, type Marks, type Role } from '@skein/protocol'
import type { Connections, Statement } from '../connection/connections.ts'
import { EVENT_COLUMNS, eventOf, type EventRow } from '../commit/event-row.ts'
import type { UserKey, UserState } from '../../store.ts'
import { VISIBLE } from './visible.ts'

const HEADS = (
  log: string,
): string => `(select coalesce(json_object_agg(o.name, json_build_object('seq', h.seq, 'count', h.count)), '{}')
  from skein.head h join skein.origin o on o.id = h.origin where h.app = u.app and h.conversation = ${log})`

/** One snapshot for all users: the state of each log and of each conversation go together. */
const USERS: Statement = {
  name: 'skein-users',
  kind: 'users',
  text: `with u as materialized (
      select * from jsonb_to_recordset($1::jsonb) as u (place integer, app text collate "C", user_id text collate "C", log text collate "C")
    )
    select u.place, json_build_object('log', ${HEADS('u.log')}, 'validAfterMs', coalesce(
        (select a.sessions_valid_after from skein.account a where a.app = u.app and a.user_id = u.user_id), 0)) as facts,
      null as conversation, 0::bigint as hlc
      from u
    union all
    select u.place, null, json_build_object('conversation', c.conversation, 'type', c.type, 'title', c.title,
        'peer', case when c.type = 'direct' then case when c.one = u.user_id then c.other else c.one end end,
        'role', m.role, 'from', v.sees_from, 'heads', ${HEADS('c.conversation')}, 'read', coalesce(r.marks, '{}'), 'last', last.event),
      (select max(h.hlc) from skein.head h where h.app = c.app and h.conversation = c.conversation)
      from u join skein.member m on m.app = u.app and m.user_id = u.user_id
      join skein.conversation c on c.app = m.app and c.conversation = m.conversation
      left join skein.visibility v on v.app = m.app and v.conversation = m.conversation and v.user_id = m.user_id and v.sees_until is null
      left join skein.read_mark r on r.app = m.app and r.user_id = m.user_id and r.conversation = m.conversation
      left join lateral (
        select row_to_json(found) as event from skein.visibility v
          join skein.head h on h.app = v.app and h.conversation = v.conversation
          join skein.origin o on o.id = h.origin
          cross join lateral (
            select ${EVENT_COLUMNS} from skein.event e
              where e.app = h.app and e.conversation = h.conversation and e.origin = h.origin and e.kind = 'message' and ${VISIBLE}
              order by e.seq desc limit 1) found
          where v.app = m.app and v.conversation = m.conversation and v.user_id = m.user_id
          order by found.hlc desc limit 1) last on true
    order by hlc desc`,
}

interface ConversationJson {
  readonly conversation: string
  readonly type: 'direct' | 'group'
  readonly title: string | null
  readonly peer: string | null
  readonly role: Role
  readonly from: Cursor | null
  readonly heads: Marks
  readonly read: Marks
  readonly last: EventRow | null
}

interface UserRow {
  readonly place: number
  readonly facts: { readonly log: Marks; readonly validAfterMs: number } | null
  readonly conversation: ConversationJson | null
}

export async function users(connections: Connections, keys: readonly UserKey[]): Promise<UserState[]> {
  if (keys.length === 0) return []
  const asked = keys.map(({ app, user }, place) => ({ place, app, user_id: user, log: userLogId(user) }))
  const rows = await connections.query<UserRow>(USERS, [JSON.stringify(asked)])
  const conversations: ConversationState[][] = keys.map(() => [])
  const facts: NonNullable<UserRow['facts']>[] = []
  for (const row of rows) {
    if (row.facts !== null) facts[row.place] = row.facts
    if (row.conversation !== null) conversations[row.place]?.push(conversationState(row.conversation))
  }
  return keys.map((_, place) => ({
    log: facts[place]?.log ?? {},
    conversations: conversations[place] ?? [],
    sessionsValidAfterMs: facts[place]?.validAfterMs ?? 0,
  }))
}

function conversationState(row: ConversationJson): ConversationState {
  const { conversation, type, role, heads, read } = row
  return {
    conversation,
    type,
    ...(row.title !== null && { title: row.title }),
    ...(row.peer !== null && { peer: row.peer }),
    role,
    from: row.from ?? {},
    heads,
    read,
    ...(row.last !== null && { last: eventOf(row.last) }),
  }
}
