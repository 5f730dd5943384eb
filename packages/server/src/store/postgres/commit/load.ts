import type { Role } from '@skein/protocol'
import type pg from 'pg'
import type { BatchNeeds } from './batch-needs.ts'
import { EVENT_COLUMNS, type EventRow } from './event-row.ts'

export interface ConversationRow {
  readonly app: string
  readonly conversation: string
  readonly type: 'direct' | 'group'
  readonly title: string | null
  readonly members: number
  readonly owners: number
}

export interface HeadRow {
  readonly app: string
  readonly conversation: string
  readonly name: string
  readonly seq: number
  readonly count: number
  readonly hlc: number
  readonly version: number
}

export interface MemberRow {
  readonly app: string
  readonly conversation: string
  readonly user_id: string
  readonly role: Role
}

/** The state that a batch is decided against, as it stood under the locks. */
export interface Loaded {
  readonly nowMs: number
  readonly conversations: readonly ConversationRow[]
  readonly heads: readonly HeadRow[]
  readonly members: readonly MemberRow[]
  readonly events: readonly EventRow[]
  readonly created: readonly EventRow[]
}

const LOCK = {
  name: 'skein-lock-lanes',
  text: 'select lane, last_offset from skein.lane where lane = any($1::smallint[]) order by lane for update',
}

/** Locks lanes in their one order, and answers their last offsets. A statement of its own: the next ones see what was committed while it waited. */
export async function lockLanes(
  client: pg.ClientBase,
  lanes: Iterable<number>,
): Promise<Map<number, number>> {
  const wanted = [...new Set(lanes)].toSorted((one, other) => one - other)
  const { rows } = await client.query<{ lane: number; last_offset: number }>({ ...LOCK, values: [wanted] })
  return new Map(rows.map((row) => [row.lane, row.last_offset]))
}

const LOAD = {
  name: 'skein-load-batch',
  text: `with l as materialized (
      select * from jsonb_to_recordset($1::jsonb) as l (app text collate "C", conversation text collate "C")
    ), e as materialized (
      select e.origin, e.app, e.conversation, e.lane, e.lane_offset, o.name as origin_name, e.seq, e.hlc, e.count, e.at,
          e.sender, e.client_id, e.kind, e.body
        from jsonb_to_recordset($3::jsonb)
          as s (app text collate "C", conversation text collate "C", sender text collate "C", client_id uuid)
        join skein.event e using (app, conversation, sender, client_id)
        join skein.origin o on o.id = e.origin
    )
    select json_build_object(
      'nowMs', floor(extract(epoch from clock_timestamp()) * 1000),
      'conversations', (select coalesce(json_agg(c), '[]') from l join skein.conversation c using (app, conversation)),
      'heads', (select coalesce(json_agg(h), '[]') from (
        select h.app, h.conversation, o.name, h.seq, h.count, h.hlc, h.version
          from l join skein.head h using (app, conversation) join skein.origin o on o.id = h.origin) h),
      'members', (select coalesce(json_agg(m), '[]')
        from jsonb_to_recordset($2::jsonb) as u (app text collate "C", conversation text collate "C", user_id text collate "C")
        join skein.member m using (app, conversation, user_id)),
      'events', (select coalesce(json_agg(e), '[]') from e),
      'created', (select coalesce(json_agg(f), '[]')
        from jsonb_to_recordset($4::jsonb) as c (app text collate "C", conversation text collate "C")
        cross join lateral (
          select ${EVENT_COLUMNS} from skein.event e join skein.origin o on o.id = e.origin
            where e.app = c.app and e.conversation = c.conversation order by e.hlc limit 1) f)
    ) as loaded`,
}

export async function loadBatch(client: pg.ClientBase, needs: BatchNeeds): Promise<Loaded> {
  const values = [needs.logs, needs.users, needs.sends, needs.created].map((rows) => JSON.stringify(rows))
  const { rows } = await client.query<{ loaded: Loaded }>({ ...LOAD, values })
  const loaded = rows[0]?.loaded
  if (loaded === undefined) throw new Error('loading a batch answered nothing')
  return loaded
}
