import { OptionError, type RateLimit } from '@skein/resilience'
import {
  checkRateLimits,
  DEFAULT_RATE_LIMITS,
  limitName,
  type CallScope,
  type ConnectScope,
  type LimitKind,
  type MessageScope,
  type RateLimits,
} from '../limits/rate-limits.ts'
import { ConfigError } from './config-error.ts'
import type { Option, Values } from './option.ts'
import type { Setting } from './setting.ts'

const MAX_PER_SECOND = 1_000_000
const MAX_BURST = 10_000_000
/** One in ten minutes: a limit that is slower would hold keys for longer than anybody remembers them. */
const MIN_PER_SECOND = 1 / 600

/** `50/500`: so many a second, and so many at once; `0`: no limit. */
export const rateLimit: Setting<RateLimit | 'off'> = {
  allowed: 'RATE/BURST (50/500: 50 a second, 500 at once), or 0 for no limit',
  placeholder: 'rate/burst',
  parse(text) {
    if (text === '0') return 'off'
    const [, rate, size] = /^(\d+(?:\.\d+)?)\/(\d+)$/.exec(text) ?? []
    const limit = { perSecond: Number(rate), burst: Number(size) }
    const { perSecond, burst } = limit
    const isSane =
      perSecond >= MIN_PER_SECOND && perSecond <= MAX_PER_SECOND && burst >= 1 && burst <= MAX_BURST
    return isSane ? limit : undefined
  },
  show: (value) => (value === 'off' ? '0' : `${value.perSecond}/${value.burst}`),
}

const option = (limit: RateLimit | undefined, help: string) =>
  ({ setting: rateLimit, fallback: limit ?? 'off', group: 'limits', help }) satisfies Option<
    RateLimit | 'off'
  >

const { connects, calls, messages } = DEFAULT_RATE_LIMITS

/** What all nodes together admit; docs/limits.md tells how. */
export const RATE_LIMIT_OPTIONS = {
  connectsPerIp: option(
    connects.ip,
    'Connects per address (per /64 network with IPv6); loopback and trusted proxies are not limited.',
  ),
  connectsPerDevice: option(connects.device, 'Connects per instance of the client.'),
  connectsPerUser: option(connects.user, 'Connects per user.'),
  connectsPerApp: option(connects.app, 'Connects per app.'),
  connectsPerCluster: option(connects.cluster, 'Connects of everybody.'),
  callsPerIp: option(calls.ip, 'Calls of the server API per address, as connectsPerIp counts them.'),
  callsPerApp: option(calls.app, 'Calls of the server API per app.'),
  callsPerCluster: option(calls.cluster, 'Calls of the server API of everybody.'),
  messagesPerDevice: option(messages.device, 'Sends per instance of the client.'),
  messagesPerUser: option(messages.user, 'Sends per user.'),
  messagesPerApp: option(messages.app, 'Sends of clients per app.'),
  messagesPerCluster: option(messages.cluster, 'Sends of all clients.'),
} satisfies Record<`connectsPer${Capitalize<ConnectScope>}`, Option<RateLimit | 'off'>> &
  Record<`callsPer${Capitalize<CallScope>}`, Option<RateLimit | 'off'>> &
  Record<`messagesPer${Capitalize<MessageScope>}`, Option<RateLimit | 'off'>>

const KEYS = new Set(Object.keys(RATE_LIMIT_OPTIONS))
const isKey = (name: string): name is keyof typeof RATE_LIMIT_OPTIONS => KEYS.has(name)

/** @throws ConfigError `conflict` for limits that contradict each other. */
export function rateLimitsOf(values: Values<typeof RATE_LIMIT_OPTIONS>): RateLimits {
  const of = (kind: LimitKind, scope: string): RateLimit | undefined => {
    const name = limitName(kind, scope)
    const value = isKey(name) ? values[name] : 'off'
    return value === 'off' ? undefined : value
  }
  const limits: RateLimits = {
    connects: {
      ip: of('connects', 'ip'),
      device: of('connects', 'device'),
      user: of('connects', 'user'),
      app: of('connects', 'app'),
      cluster: of('connects', 'cluster'),
    },
    calls: { ip: of('calls', 'ip'), app: of('calls', 'app'), cluster: of('calls', 'cluster') },
    messages: {
      device: of('messages', 'device'),
      user: of('messages', 'user'),
      app: of('messages', 'app'),
      cluster: of('messages', 'cluster'),
    },
  }
  try {
    checkRateLimits(limits)
  } catch (error) {
    if (error instanceof OptionError) throw new ConfigError('conflict', `${error.message}.`, error)
    throw error
  }
  return limits
}
