import pg from 'pg'
import { StoreError } from '../../store-error.ts'
import { storeErrorOf } from './failure.ts'

const CONNECT_TIMEOUT_MS = 10_000
const OLDEST_SERVER = 150_000

/** A connection outside the pools. Rejects with StoreError, `incompatible` for a server that is too old. */
export async function connectOnce(url: string): Promise<pg.Client> {
  let client: pg.Client | undefined
  try {
    client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'skein',
    })
    client.on('error', () => undefined)
    await client.connect()
    const { rows } = await client.query<{ version: number; shown: string }>(
      `select current_setting('server_version_num')::int as version, current_setting('server_version') as shown`,
    )
    const version = rows[0]
    if (version === undefined || version.version < OLDEST_SERVER) {
      throw new StoreError(
        'incompatible',
        `PostgreSQL ${version?.shown ?? '?'} is too old: 15 or newer is needed.`,
      )
    }
    return client
  } catch (error) {
    await client?.end().catch(() => undefined)
    throw storeErrorOf(error, 'open')
  }
}
