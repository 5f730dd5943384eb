import type { Connections } from '../connection/connections.ts'
import type { IdempotentAnswer } from '../../store.ts'

/** Kept for two days; what began and never finished may be begun again after a minute. */
const BEGIN = {
  name: 'skein-begin-idempotent',
  text: `insert into skein.idempotent_answer as a (app, key, request_hash) values ($1, $2, $3)
    on conflict (app, key) do update
      set request_hash = excluded.request_hash, status = null, body = null, begun_at = now()
      where a.begun_at < now() - interval '48 hours'
        or (a.status is null and a.request_hash = excluded.request_hash and a.begun_at < now() - interval '60 seconds')
    returning 1`,
}

const FIND = {
  name: 'skein-find-idempotent',
  text: 'select request_hash, status, body from skein.idempotent_answer where app = $1 and key = $2',
}

const FINISH = {
  name: 'skein-finish-idempotent',
  text: `with old as (
      delete from skein.idempotent_answer where (app, key) in (
        select app, key from skein.idempotent_answer where begun_at < now() - interval '48 hours' limit 20 for update skip locked)
    )
    update skein.idempotent_answer set status = $3, body = $4 where app = $1 and key = $2`,
}

export async function beginIdempotent(
  connections: Connections,
  app: string,
  key: string,
  requestHash: string,
): Promise<IdempotentAnswer | undefined> {
  const taken = await connections.execute(BEGIN, [app, key, requestHash])
  if (taken.length > 0) return undefined
  const [row] = await connections.query<{ request_hash: string; status: number | null; body: string | null }>(
    FIND,
    [app, key],
  )
  if (row === undefined) return { state: 'running' }
  if (row.request_hash !== requestHash) return { state: 'differentRequest' }
  if (row.status === null || row.body === null) return { state: 'running' }
  return { state: 'done', status: row.status, body: row.body }
}

export async function finishIdempotent(
  connections: Connections,
  app: string,
  key: string,
  answer: { readonly status: number; readonly body: string },
): Promise<void> {
  await connections.execute(FINISH, [app, key, answer.status, answer.body])
}
