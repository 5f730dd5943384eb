import { BusError, busErrorOf } from '../bus-error.ts'
import type { RedisAddress, RedisServer } from './redis-address.ts'

/** Shorter than the caller's patience: a host that swallows packets must not use it all up. */
const CONNECT_TIMEOUT_MS = 1_500
/** A Sentinel that takes longer is as good as gone; its peers are asked at the same time. */
const SENTINEL_TIMEOUT_MS = 1_000

/** Loaded by the first connection: it takes a tenth of a node's start, which a node without Redis is spared. */
export const redisLibrary = () => import('@redis/client')

/**
 * Made once for all: a class with every command of Redis on it. `createClient` makes one anew whenever the
 * options differ from the last ones, milliseconds and much garbage at each attempt while Redis is away.
 */
async function makeClass() {
  const { RedisClient } = await redisLibrary()
  return RedisClient.factory()
}

type NewClient = Awaited<ReturnType<typeof makeClass>>

let made: Promise<NewClient> | undefined
const clientClass = (): Promise<NewClient> => (made ??= makeClass())

export type RedisConnection = ReturnType<typeof connection>

export interface RedisConnectionOptions {
  /** Shown in CLIENT LIST. */
  readonly name: string
  /** It broke and will not come back. May come more than once. */
  readonly onLost: (error: BusError) => void
}

/**
 * Connects to one server. The connection lives once: nothing is queued while it is away, and it does
 * not reconnect by itself, since only its owner knows when it is good again (subscriptions, the role
 * of the server). Close it with `destroy`.
 */
export async function connectRedis(
  address: RedisAddress,
  server: RedisServer,
  { name, onLost }: RedisConnectionOptions,
): Promise<RedisConnection> {
  const client = connection(await clientClass(), address, server, name)
  let open = false
  client.on('error', (error: unknown) => open && onLost(busErrorOf(error, 'lost')))
  client.on('end', () => open && onLost(new BusError('lost', 'Redis closed the connection.')))
  try {
    await client.connect()
    await refuseReplica(client)
    open = true
    return client
  } catch (error) {
    destroy(client)
    throw openingError(error, server)
  }
}

/** Where the primary is: the server of the address, or what the first Sentinel that knows it says. */
export async function findPrimary(address: RedisAddress): Promise<RedisServer> {
  const { servers, sentinelName } = address
  const [first] = servers
  if (sentinelName === undefined) {
    if (first === undefined) throw new BusError('refused', 'The address of Redis names no server.')
    return first
  }
  try {
    return await Promise.any(servers.map((sentinel) => askSentinel(address, sentinel, sentinelName)))
  } catch (error) {
    const causes =
      error instanceof AggregateError ? error.errors.map((one) => busErrorOf(one, 'unreachable')) : []
    const why = [...new Set(causes.map(({ message }) => message))].join('; ')
    throw new BusError('unreachable', `No Sentinel names the primary of "${sentinelName}": ${why}`, error)
  }
}

export function destroy(client: RedisConnection): void {
  if (client.isOpen) client.destroy()
}

async function askSentinel(address: RedisAddress, sentinel: RedisServer, name: string): Promise<RedisServer> {
  const { sentinelPassword: password } = address
  const newClient = await clientClass()
  const client = newClient({
    socket: socketOf(address, sentinel, SENTINEL_TIMEOUT_MS),
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    ...(password !== undefined && { password }),
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const answer: unknown = await client
      .withAbortSignal(AbortSignal.timeout(SENTINEL_TIMEOUT_MS))
      .sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
    if (!Array.isArray(answer)) throw new BusError('refused', `the Sentinel watches nothing named "${name}"`)
    return { host: String(answer[0]), port: Number(answer[1]) }
  } finally {
    destroy(client)
  }
}

function connection(newClient: NewClient, address: RedisAddress, server: RedisServer, name: string) {
  const { username, password, database } = address
  return newClient({
    socket: socketOf(address, server, CONNECT_TIMEOUT_MS),
    name,
    database,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  })
}

function socketOf({ tls }: RedisAddress, { host, port }: RedisServer, connectTimeout: number) {
  const common = { host, port, connectTimeout, reconnectStrategy: false } as const
  return tls ? { ...common, tls } : common
}

/** What is published on a replica stays there. A server that does not tell its role is believed. */
async function refuseReplica(client: RedisConnection): Promise<void> {
  const role: unknown = await client.sendCommand(['ROLE']).catch(() => undefined)
  if (Array.isArray(role) && role[0] === 'slave')
    throw new BusError('refused', 'This Redis is a replica: name the primary, or the Sentinels.')
}

const REFUSALS =
  /^(WRONGPASS|NOAUTH|NOPERM|ERR (AUTH|DB index|invalid password)|-?DENIED)|self.signed|certificate/i

function openingError(error: unknown, { host, port }: RedisServer): BusError {
  if (error instanceof BusError) return error
  const message = error instanceof Error ? error.message : String(error)
  return REFUSALS.test(message)
    ? new BusError('refused', `Redis at ${host}:${port} does not serve us: ${message}`, error)
    : new BusError('unreachable', `Redis at ${host}:${port} cannot be reached: ${message}`, error)
}
