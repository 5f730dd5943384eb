import { createHash } from 'node:crypto'
import pg from 'pg'
import { textArray } from '../../store/postgres/connection/binary-array.ts'
import { storeErrorOf } from '../../store/postgres/connection/failure.ts'
import { BusError, busErrorOf } from '../bus-error.ts'
import type { Parcel, Wire, WireEvents } from '../wire.ts'

const CONNECT_TIMEOUT_MS = 1_500
/** Longest name of a channel in bytes (NAMEDATALEN - 1). */
const MAX_CHANNEL_BYTES = 63

/**
 * A transaction with a NOTIFY holds a lock of all databases until it has committed. So it must wait
 * neither for the disk nor for a standby: nothing that it does has to survive.
 */
const SESSION = `set synchronous_commit = off; set idle_session_timeout = 0; set statement_timeout = 5000`
const NOTIFY = {
  name: 'skein-notify',
  text: 'select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as parcel(channel, payload)',
}

/** Two connections: what waits to be sent never delays what is heard. */
export async function openPostgresWire(url: string, events: WireEvents): Promise<Wire> {
  const results = await Promise.allSettled([
    connect(url, 'skein-bus-notify', events),
    connect(url, 'skein-bus-listen', events),
  ])
  const clients = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const [notifier, listener] = clients
  if (notifier === undefined || listener === undefined) {
    clients.forEach(cut)
    const failed = results.find((result) => result.status === 'rejected')
    throw busErrorOf(failed?.reason, 'unreachable')
  }
  listener.on('notification', ({ payload }) => events.onPayload(payload ?? ''))
  let last: Promise<unknown> = Promise.resolve()
  return {
    // One after the other: the driver will no longer queue. A heartbeat may come while hints are under way.
    async publish(parcels: readonly Parcel[]) {
      const channels = textArray(parcels.map(({ channel }) => channelName(channel)))
      const payloads = textArray(parcels.map(({ payload }) => payload))
      const sent = last.then(() => notifier.query({ ...NOTIFY, values: [channels, payloads] }))
      last = sent.catch(() => undefined)
      await sent
    },
    async subscribe(channels) {
      await listener.query(statements('listen', channels))
    },
    async unsubscribe(channels) {
      await listener.query(statements('unlisten', channels))
    },
    close() {
      clients.forEach(cut)
    },
  }
}

async function connect(url: string, name: string, events: WireEvents): Promise<pg.Client> {
  let client: pg.Client | undefined
  let open = false
  try {
    client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: name,
      keepAlive: true,
    })
    client.on('error', (error) => open && events.onLost(busErrorOf(error, 'lost')))
    client.on('end', () => open && events.onLost(new BusError('lost', 'The database closed the connection.')))
    await client.connect()
    await client.query(SESSION)
    const { rows } = await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby')
    if (rows[0]?.standby !== false)
      throw new BusError('refused', 'This PostgreSQL is a standby, which cannot NOTIFY: name the primary.')
    open = true
    return client
  } catch (error) {
    if (client !== undefined) cut(client)
    throw openingError(error)
  }
}

function openingError(error: unknown): BusError {
  if (error instanceof BusError) return error
  const { reason, message } = storeErrorOf(error, 'open')
  return new BusError(reason === 'configuration' ? 'refused' : 'unreachable', message, error)
}

/** Without the farewell that a server which hangs would never answer. */
function cut(client: pg.Client): void {
  client.removeAllListeners('notification')
  client.connection.stream.destroy()
}

const statements = (verb: 'listen' | 'unlisten', channels: readonly string[]): string =>
  channels.map((channel) => `${verb} ${pg.escapeIdentifier(channelName(channel))}`).join(';')

/** The channel's name, or a digest of it where PostgreSQL would refuse (pg_notify) or cut (listen) it. */
export const channelName = (channel: string): string =>
  Buffer.byteLength(channel) <= MAX_CHANNEL_BYTES
    ? channel
    : `skein:${createHash('sha256').update(channel).digest('hex').slice(0, 40)}`
