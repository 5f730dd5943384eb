import { userLogId, type Marks } from '@skein/protocol'
import type pg from 'pg'
import { BatchDraft } from '../commit/batch-draft.ts'
import type { LogContext } from '../commit/full-path.ts'
import { loadBatch, lockLanes } from '../commit/load.ts'
import { writeBatch } from '../commit/write.ts'
import type { LogRecord, ReadCursorUpdate, ReadMerge } from '../../store.ts'

/** Per request the marks that stand, and those that its cursor names, clamped to the heads. No row: no member. */
const LOAD = {
  name: 'skein-load-read-marks',
  text: `select r.place, coalesce(k.marks, '{}') as marks, (
      select coalesce(json_object_agg(o.name, json_build_object('seq', e.seq, 'count', e.count)), '{}')
        from skein.head h join skein.origin o on o.id = h.origin
        join skein.event e on e.app = h.app and e.conversation = h.conversation and e.origin = h.origin
          and e.seq = least((r.cursor ->> o.name)::bigint, h.seq)
        where h.app = r.app and h.conversation = r.conversation and r.cursor ? o.name) as wanted
    from jsonb_to_recordset($1::jsonb) as r (place integer, app text collate "C", user_id text collate "C",
      conversation text collate "C", cursor jsonb)
    join skein.member m using (app, conversation, user_id)
    left join skein.read_mark k using (app, user_id, conversation)`,
}

const WRITE = {
  name: 'skein-write-read-marks',
  text: `insert into skein.read_mark (app, user_id, conversation, marks)
    select * from jsonb_to_recordset($1::jsonb) as m (app text, user_id text, conversation text, marks jsonb)
    on conflict (app, user_id, conversation) do update set marks = excluded.marks`,
}

interface MarksRow {
  readonly place: number
  readonly marks: Marks
  readonly wanted: Marks
}

type Origin = { readonly id: number; readonly name: string }

/** Merges read cursors and tells the users' logs what moved. Joins lock the same lanes, so nothing is merged into a membership that has ended. */
export async function mergeReads(
  client: pg.ClientBase,
  origin: Origin,
  context: LogContext,
  requests: readonly ReadCursorUpdate[],
): Promise<ReadMerge[]> {
  const draft = await userLogDraft(client, origin, context, requests)
  const asked = requests.map(({ app, user, conversation, cursor }, place) => ({
    place,
    app,
    user_id: user,
    conversation,
    cursor,
  }))
  const { rows } = await client.query<MarksRow>({ ...LOAD, values: [JSON.stringify(asked)] })
  const found = new Map(rows.map((row) => [row.place, row]))
  const current = new Map<string, Marks>()
  const written = new Map<string, object>()
  const answers = requests.map((request, place): ReadMerge => {
    const row = found.get(place)
    if (row === undefined) return { read: {} }
    const { app, user, conversation } = request
    const key = `${app}/${user}/${conversation}`
    const before = current.get(key) ?? row.marks
    const read = mergeMarks(before, row.wanted)
    if (read === undefined) return { read: before }
    current.set(key, read)
    written.set(key, { app, user_id: user, conversation, marks: read })
    return { read, record: draft.tell(app, user, 'read', { conversation, read }) }
  })
  if (written.size > 0) {
    await writeBatch(client, draft, origin)
    await client.query({ ...WRITE, values: [JSON.stringify([...written.values()])] })
  }
  return answers
}

/** By maximum per origin; undefined when nothing moves. */
export function mergeMarks(before: Marks, wanted: Marks): Marks | undefined {
  const ahead = Object.entries(wanted).filter(([origin, mark]) => mark.seq > (before[origin]?.seq ?? 0))
  return ahead.length === 0 ? undefined : { ...before, ...Object.fromEntries(ahead) }
}

const REVOKE = {
  name: 'skein-revoke',
  text: `insert into skein.account as a (app, user_id, sessions_valid_after) values ($1, $2, $3)
    on conflict (app, user_id) do update set sessions_valid_after = greatest(a.sessions_valid_after, excluded.sessions_valid_after)
    returning sessions_valid_after`,
}

export async function revoke(
  client: pg.ClientBase,
  origin: Origin,
  context: LogContext,
  { app, user, validAfterMs }: { readonly app: string; readonly user: string; readonly validAfterMs: number },
): Promise<LogRecord> {
  const draft = await userLogDraft(client, origin, context, [{ app, user }])
  const { rows } = await client.query<{ sessions_valid_after: number }>({
    ...REVOKE,
    values: [app, user, validAfterMs],
  })
  const record = draft.tell(app, user, 'revoked', {
    validAfter: rows[0]?.sessions_valid_after ?? validAfterMs,
  })
  await writeBatch(client, draft, origin)
  return record
}

/** Locks and loads the system logs of these users, to append to them. */
async function userLogDraft(
  client: pg.ClientBase,
  origin: Origin,
  context: LogContext,
  users: readonly { readonly app: string; readonly user: string }[],
): Promise<BatchDraft> {
  const logs = new Map(
    users.map(({ app, user }) => [`${app}/${user}`, { app, conversation: userLogId(user) }]),
  )
  const lanes = [...logs.values()].map((log) => context.laneOf(log.app, log.conversation))
  const laneOffsets = await lockLanes(client, lanes)
  const loaded = await loadBatch(client, { logs: [...logs.values()], created: [], users: [], sends: [] })
  return new BatchDraft(loaded, { ...context, origin: origin.name, laneOffsets })
}
