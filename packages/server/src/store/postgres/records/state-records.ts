import type { Connections } from '../connection/connections.ts'
import type { Profile, StateKey, StateRecord, Store } from '../../store.ts'

/** Last writer wins by (hlc, region); of several for one key in a call only the last writer is tried. */
const MERGE = {
  name: 'skein-merge-state',
  text: `insert into skein.state as s (app, owner, kind, key, value, hlc, region)
    select distinct on (app, kind, key, owner) app, owner, kind, key, value, hlc, region
      from jsonb_to_recordset($1::jsonb) as n (app text collate "C", owner text collate "C", kind text collate "C",
        key text collate "C", value text, hlc bigint, region text collate "C")
      order by app, kind, key, owner, hlc desc, region desc
    on conflict (app, kind, key, owner) do update
      set value = excluded.value, hlc = excluded.hlc, region = excluded.region
      where (excluded.hlc, excluded.region) > (s.hlc, s.region)`,
}

const FIND = {
  name: 'skein-state',
  text: `select k.place, s.value, s.hlc, s.region
    from jsonb_to_recordset($1::jsonb) as k (place integer, app text collate "C", owner text collate "C", kind text collate "C",
      key text collate "C")
    join skein.state s using (app, kind, key, owner)`,
}

interface StateRow {
  readonly place: number
  readonly value: string
  readonly hlc: number
  readonly region: string
}

export async function mergeState(
  connections: Connections,
  records: readonly StateRecord[],
): Promise<readonly StateRecord[]> {
  if (records.length === 0) return []
  await connections.execute(MERGE, [JSON.stringify(records)])
  const winners = await findState(connections, records)
  return records.map((record, place) => winners[place] ?? record)
}

export async function findState(
  connections: Connections,
  keys: readonly StateKey[],
): Promise<(StateRecord | undefined)[]> {
  if (keys.length === 0) return []
  const asked = keys.map(({ app, owner, kind, key }, place) => ({ place, app, owner, kind, key }))
  const rows = await connections.query<StateRow>(FIND, [JSON.stringify(asked)])
  const found: (StateRecord | undefined)[] = keys.map(() => undefined)
  for (const { place, value, hlc, region } of rows) {
    const key = keys[place]
    if (key === undefined) continue
    found[place] = { app: key.app, owner: key.owner, kind: key.kind, key: key.key, value, hlc, region }
  }
  return found
}

const UPSERT_USER = {
  name: 'skein-upsert-user',
  text: `insert into skein.state as s (app, owner, kind, key, value, hlc, region)
    values ($1, $2, 'profile', '', $3, floor(extract(epoch from clock_timestamp()) * 1000)::bigint * 1024 + 1, $4)
    on conflict (app, kind, key, owner) do update
      set value = excluded.value, hlc = greatest(excluded.hlc, s.hlc + 1), region = excluded.region`,
}

export async function upsertUser(
  connections: Connections,
  region: string,
  app: string,
  user: string,
  profile: Profile,
): Promise<void> {
  await connections.execute(UPSERT_USER, [app, user, JSON.stringify(profile), region])
}

const LIST_USERS = {
  name: 'skein-list-users',
  text: `select owner, value from skein.state
    where app = $1 and kind = 'profile' and key = '' and owner > $2 order by owner limit $3`,
}

export async function listUsers(
  connections: Connections,
  { app, after, limit }: Parameters<Store['listUsers']>[0],
): ReturnType<Store['listUsers']> {
  const rows = await connections.query<{ owner: string; value: string }>(LIST_USERS, [
    app,
    after ?? '',
    limit + 1,
  ])
  const users = rows.slice(0, limit).map(({ owner, value }) => ({ user: owner, profile: profileOf(value) }))
  return { users, more: rows.length > limit }
}

export function profileOf(text: string): Profile {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('name' in value)) return {}
  return typeof value.name === 'string' ? { name: value.name } : {}
}
