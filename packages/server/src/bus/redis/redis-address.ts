import { SkeinError } from '@skein/core'

/** Where Redis is: one server, or the Sentinels that know which one is the primary. */
export interface RedisAddress {
  readonly servers: readonly RedisServer[]
  /** `servers` are Sentinels, and this is the name under which they watch the primary. */
  readonly sentinelName?: string
  readonly tls: boolean
  readonly username?: string
  readonly password?: string
  /** Of the Sentinels themselves, where they ask for one. */
  readonly sentinelPassword?: string
  readonly database: number
}

export interface RedisServer {
  readonly host: string
  readonly port: number
}

const REDIS_PORT = 6379
const SENTINEL_PORT = 26379
const FORM = /^(rediss?)(\+sentinel)?:\/\/(?:([^@/]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/
const HOST_AND_PORT = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/

/**
 * `redis[s]://[[user]:password@]host[:port][/database]`, or with Sentinels
 * `redis[s]+sentinel://[[user]:password@]host[:port][,host[:port]…]/name[/database][?sentinelPassword=…]`.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const form = FORM.exec(text)
  if (form === null)
    throw unreadable('It must begin with redis://, rediss://, redis+sentinel:// or rediss+sentinel://.')
  const [, scheme, sentinel, userInfo = '', hosts = '', path = '', query = ''] = form
  const servers = hosts
    .split(',')
    .map((host) => server(host, sentinel === undefined ? REDIS_PORT : SENTINEL_PORT))
  const parts = path === '' ? [] : path.split('/').map(decode)
  const name = sentinel === undefined ? undefined : parts.shift()
  if (sentinel !== undefined && (name === undefined || name === ''))
    throw unreadable(
      'After the Sentinels comes the name that they watch: redis+sentinel://host:26379/mymaster.',
    )
  if (sentinel === undefined && servers.length > 1)
    throw unreadable('Several servers are for Sentinels only: redis+sentinel://….')
  const colon = userInfo.indexOf(':')
  const username = decode(colon === -1 ? userInfo : userInfo.slice(0, colon))
  const password = colon === -1 ? '' : decode(userInfo.slice(colon + 1))
  const sentinelPassword = new URLSearchParams(query).get('sentinelPassword')
  return {
    servers,
    tls: scheme === 'rediss',
    database: database(parts),
    ...(name !== undefined && { sentinelName: name }),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...(sentinelPassword !== null && { sentinelPassword }),
  }
}

function server(text: string, defaultPort: number): RedisServer {
  const match = HOST_AND_PORT.exec(text)
  const port = Number(match?.[2] ?? defaultPort)
  if (match?.[1] === undefined || port < 1 || port > 65_535)
    throw unreadable('A server is named host or host:port, with a port from 1 to 65535.')
  return { host: match[1].replace(/^\[|\]$/g, ''), port }
}

function database([text, ...rest]: readonly string[]): number {
  if (text === undefined || text === '') return 0
  if (rest.length > 0 || !/^\d{1,4}$/.test(text))
    throw unreadable('The database is a number, at the end of the path.')
  return Number(text)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unreadable('Special characters in names and passwords are written as %XX.')
  }
}

/** Never shows the address: it may hold a password. */
const unreadable = (why: string): SkeinError =>
  new SkeinError('invalidRedisAddress', `The address of Redis cannot be read. ${why}`, { remedy: 'fix' })
