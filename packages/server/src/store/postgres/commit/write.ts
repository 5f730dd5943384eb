import type pg from 'pg'
import { int2Array, int8Array, textArray, uuidArray } from '../connection/binary-array.ts'
import type { BatchDraft, MembershipWrite } from './batch-draft.ts'
import type { ConversationDraft } from './conversation-draft.ts'

/** Events, heads and lanes in one statement. The lanes are written even when nothing else is: a duplicate is only acknowledged by a transaction that wrote. */
const APPEND = {
  name: 'skein-append',
  text: `with events as (
      insert into skein.event (origin, at, lane, lane_offset, app, conversation, seq, hlc, count, sender, client_id, kind, body)
        select $1::smallint, e.* from unnest($2::bigint[], $3::smallint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
          $8::bigint[], $9::bigint[], $10::text[], $11::uuid[], $12::text[], $13::text[]) as e
    ), heads as (
      insert into skein.head (origin, app, conversation, seq, count, hlc, version)
        select $1::smallint, h.* from unnest($14::text[], $15::text[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[]) as h
        on conflict (app, conversation, origin) do update
          set seq = excluded.seq, count = excluded.count, hlc = excluded.hlc, version = excluded.version
    )
    update skein.lane l set last_offset = n.last_offset
      from unnest($20::smallint[], $21::bigint[]) as n (lane, last_offset) where l.lane = n.lane`,
}

export async function writeBatch(
  client: pg.ClientBase,
  draft: BatchDraft,
  origin: { id: number; name: string },
): Promise<void> {
  const records = draft.events.map((stored) => stored.record)
  const events = records.map((record) => record.event)
  const logs = [...draft.touched]
  const heads = logs.map((log) => log.headOf(origin.name))
  await client.query({
    ...APPEND,
    values: [
      origin.id,
      int8Array(events.map((event) => event.at)),
      int2Array(records.map((record) => record.lane)),
      int8Array(records.map((record) => record.laneOffset)),
      textArray(records.map((record) => record.app)),
      textArray(records.map((record) => record.conversation)),
      int8Array(events.map((event) => event.seq)),
      int8Array(events.map((event) => event.hlc)),
      int8Array(events.map((event) => event.count)),
      textArray(events.map((event) => event.sender)),
      uuidArray(events.map((event) => event.clientId)),
      textArray(events.map((event) => event.kind)),
      textArray(draft.events.map((stored) => stored.bodyText)),
      textArray(logs.map((log) => log.app)),
      textArray(logs.map((log) => log.id)),
      int8Array(heads.map((head) => head.seq)),
      int8Array(heads.map((head) => head.count)),
      int8Array(logs.map((log) => log.hlc)),
      int8Array(logs.map((log) => log.version)),
      int2Array([...draft.laneOffsets.keys()]),
      int8Array([...draft.laneOffsets.values()]),
    ],
  })
  if (draft.changed.size > 0) await writeConversations(client, [...draft.changed])
  for (const run of runsOfJoins(draft.memberships)) await writeMembership(client, run)
}

const CONVERSATIONS = {
  name: 'skein-write-conversations',
  text: `insert into skein.conversation (app, conversation, type, title, one, other, members, owners, created_at)
    select * from jsonb_to_recordset($1::jsonb) as c (app text, conversation text, type text, title text, one text, other text,
      members integer, owners integer, created_at bigint)
    on conflict (app, conversation) do update
      set title = excluded.title, members = excluded.members, owners = excluded.owners`,
}

async function writeConversations(
  client: pg.ClientBase,
  conversations: readonly ConversationDraft[],
): Promise<void> {
  const rows = conversations.map(({ log, type, title, memberCount, ownerCount, created }) => {
    const event = created?.record.event
    const direct = type === 'direct' && event !== undefined
    return {
      app: log.app,
      conversation: log.id,
      type,
      title,
      one: direct ? event.sender : undefined,
      other: direct ? event.body['with'] : undefined,
      members: memberCount,
      owners: ownerCount,
      // Of one that exists already nothing but title and counts is written.
      created_at: event?.at ?? 0,
    }
  })
  await client.query({ ...CONVERSATIONS, values: [JSON.stringify(rows)] })
}

const JOIN = {
  name: 'skein-join',
  text: `with j as materialized (
      select * from jsonb_to_recordset($1::jsonb) as j (app text, conversation text, user_id text, role text, opened_hlc bigint,
        sees_from jsonb, read jsonb)
    ), members as (
      insert into skein.member (app, conversation, user_id, role) select app, conversation, user_id, role from j
    ), intervals as (
      insert into skein.visibility (app, conversation, user_id, opened_hlc, sees_from)
        select app, conversation, user_id, opened_hlc, sees_from from j
    )
    insert into skein.read_mark (app, user_id, conversation, marks) select app, user_id, conversation, read from j
      on conflict (app, user_id, conversation) do update set marks = excluded.marks`,
}

const LEAVE = {
  name: 'skein-leave',
  text: `with gone as (
      delete from skein.member where app = $1 and conversation = $2 and user_id = $3
    )
    update skein.visibility set sees_until = $4::jsonb
      where app = $1 and conversation = $2 and user_id = $3 and sees_until is null`,
}

const ROLE = {
  name: 'skein-role',
  text: 'update skein.member set role = $4 where app = $1 and conversation = $2 and user_id = $3',
}

async function writeMembership(client: pg.ClientBase, run: readonly MembershipWrite[]): Promise<void> {
  const joins: object[] = []
  for (const change of run) {
    const { log } = change.conversation
    const who = [log.app, log.id, change.user]
    if (change.write === 'leave')
      await client.query({ ...LEAVE, values: [...who, JSON.stringify(change.until)] })
    else if (change.write === 'role') await client.query({ ...ROLE, values: [...who, change.role] })
    else {
      const { user, role, openedHlc, from, read } = change
      joins.push({
        app: log.app,
        conversation: log.id,
        user_id: user,
        role,
        opened_hlc: openedHlc,
        sees_from: from,
        read,
      })
    }
  }
  if (joins.length > 0) await client.query({ ...JOIN, values: [JSON.stringify(joins)] })
}

/** Joins that follow each other are written together; anything else keeps its place. */
function runsOfJoins(writes: readonly MembershipWrite[]): MembershipWrite[][] {
  const runs: MembershipWrite[][] = []
  for (const write of writes) {
    const last = runs.at(-1)
    if (write.write === 'join' && last?.at(-1)?.write === 'join') last.push(write)
    else runs.push([write])
  }
  return runs
}
