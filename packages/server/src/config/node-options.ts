import { WEIGHT_MAX } from '../cluster/node-record.ts'
import { DEFAULT_LIMITS, type NodeLimits } from '../node/limits.ts'
import { DISPATCH_OPTIONS } from './dispatch-options.ts'
import type { Option, OptionSet } from './option.ts'
import { RATE_LIMIT_OPTIONS } from './rate-limit-options.ts'
import { choice, integer, list, redisUrl, text, url, yesOrNo } from './setting.ts'

/** Shorter secrets do not carry the 256 bits that HS256 asks for (RFC 7518, section 3.2). */
const SECRET_CHARACTERS = 32

const DAY_MS = 86_400_000
const GIBIBYTE = 1_073_741_824

const name = text({
  allowed: '1 to 32 letters, digits and hyphens',
  pattern: /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/,
  placeholder: 'name',
})

const secretText = text({
  allowed: `at least ${SECRET_CHARACTERS} characters (openssl rand -base64 48 makes a good one)`,
  pattern: new RegExp(`^.{${SECRET_CHARACTERS},}$`, 's'),
  placeholder: 'secret',
})

const word = (placeholder: string) => text({ allowed: 'not empty', pattern: /^\S+$/, placeholder })

const origin = text({
  allowed: '* or an origin such as https://chat.example.com',
  pattern: /^(\*|https?:\/\/[^/\s,]+)$/,
  placeholder: 'origin',
})

const address = text({
  allowed: 'an IP address or a range such as 10.0.0.0/8',
  pattern: /^[0-9a-fA-F.:]+(\/\d{1,3})?$/,
  placeholder: 'address',
})

const apiKey = text({
  allowed: `app:key with a key of at least ${SECRET_CHARACTERS} characters`,
  pattern: new RegExp(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}:[^,\\s]{${SECRET_CHARACTERS},}$`),
  placeholder: 'app:key',
})

const limit = <const N extends number>(
  fallback: N,
  unit: string,
  min: number,
  max: number,
  help: string,
) => ({
  setting: integer({ min, max, unit }),
  fallback,
  group: 'limits' as const,
  help,
})

/** Every bound of a node. The type demands that none is forgotten. */
const LIMIT_OPTIONS = {
  maxConnections: limit(DEFAULT_LIMITS.maxConnections, 'connections', 1, 1_000_000, 'Connections at once.'),
  acceptPerSecond: limit(
    DEFAULT_LIMITS.acceptPerSecond,
    'sessions',
    1,
    1_000_000,
    'New sessions per second, a returning client being half a one. The others are told when to come.',
  ),
  acceptBurst: limit(DEFAULT_LIMITS.acceptBurst, 'sessions', 1, 1_000_000, 'New sessions at once.'),
  heartbeatMs: limit(
    DEFAULT_LIMITS.heartbeatMs,
    'ms',
    1_000,
    120_000,
    'A client says something this often; after 2.5 times that it is gone.',
  ),
  framesPerSecond: limit(
    DEFAULT_LIMITS.framesPerSecond,
    'frames',
    1,
    100_000,
    'Frames per second from one connection.',
  ),
  framesBurst: limit(
    DEFAULT_LIMITS.framesBurst,
    'frames',
    1,
    1_000_000,
    'Frames at once from one connection.',
  ),
  tooFastPatienceMs: limit(
    DEFAULT_LIMITS.tooFastPatienceMs,
    'ms',
    0,
    DAY_MS,
    'A connection that stays too fast for this long is closed.',
  ),
  sendsInFlight: limit(
    DEFAULT_LIMITS.sendsInFlight,
    'sends',
    1,
    100_000,
    'Sends of one session that wait for their commit.',
  ),
  requestsInFlight: limit(
    DEFAULT_LIMITS.requestsInFlight,
    'requests',
    1,
    10_000,
    'Requests of one session under way.',
  ),
  slowConsumerBytes: limit(
    DEFAULT_LIMITS.slowConsumerBytes,
    'bytes',
    4_096,
    GIBIBYTE,
    'Unsent bytes beyond which a connection is switched to catch-up.',
  ),
  stuckConsumerBytes: limit(
    DEFAULT_LIMITS.stuckConsumerBytes,
    'bytes',
    4_096,
    GIBIBYTE,
    'Unsent bytes beyond which a connection is closed.',
  ),
  laneQueueEntries: limit(
    DEFAULT_LIMITS.laneQueueEntries,
    'entries',
    1,
    10_000_000,
    'Sends waiting for a commit in one lane; beyond, they are refused as overloaded.',
  ),
  laneQueueBytes: limit(
    DEFAULT_LIMITS.laneQueueBytes,
    'bytes',
    65_536,
    16 * GIBIBYTE,
    'Bytes waiting for a commit in one lane.',
  ),
  batchEntries: limit(DEFAULT_LIMITS.batchEntries, 'entries', 1, 10_000, 'Sends in one commit.'),
  batchBytes: limit(DEFAULT_LIMITS.batchBytes, 'bytes', 65_536, GIBIBYTE, 'Bytes in one commit.'),
  sendDeadlineMs: limit(
    DEFAULT_LIMITS.sendDeadlineMs,
    'ms',
    100,
    DAY_MS,
    'A send that waited this long for its commit is refused as unavailable.',
  ),
  queueTargetMs: limit(
    DEFAULT_LIMITS.queueTargetMs,
    'ms',
    10,
    60_000,
    'When everybody waits longer than this for the loop and the commit, the node refuses what it cannot serve: typing first, then new sessions, then sends of a part of the users.',
  ),
  tailReadMs: limit(DEFAULT_LIMITS.tailReadMs, 'ms', 10, 60_000, "How often the log's tail is read."),
  tailReadDownMs: limit(
    DEFAULT_LIMITS.tailReadDownMs,
    'ms',
    10,
    60_000,
    "How often the log's tail is read while the bus is down.",
  ),
  tailPokeMs: limit(
    DEFAULT_LIMITS.tailPokeMs,
    'ms',
    10,
    60_000,
    'Reads of the tail that new subscriptions ask for are at least this far apart.',
  ),
  tailEvents: limit(
    DEFAULT_LIMITS.tailEvents,
    'events',
    0,
    100_000,
    'Newest events kept in memory of each live conversation.',
  ),
  tailBytes: limit(
    DEFAULT_LIMITS.tailBytes,
    'bytes',
    0,
    GIBIBYTE,
    'Bytes kept in memory of each live conversation.',
  ),
  heldEvents: limit(
    DEFAULT_LIMITS.heldEvents,
    'events',
    1,
    1_000_000,
    'Events that wait beyond a gap, per conversation.',
  ),
} satisfies Record<keyof NodeLimits, Option<number>>

export const LIMIT_KEYS = Object.keys(LIMIT_OPTIONS) as readonly (keyof NodeLimits)[]

/** The options of one node. */
export const NODE_OPTIONS = {
  host: {
    setting: word('address'),
    fallback: '127.0.0.1',
    group: 'node',
    help: 'Address to listen on; 0.0.0.0 or :: for all.',
  },
  port: {
    setting: integer({ min: 0, max: 65_535 }),
    fallback: 7777,
    group: 'node',
    help: 'Port to listen on; 0 takes any free one.',
  },
  region: { setting: name, fallback: 'local', group: 'node', help: 'Region that this node belongs to.' },
  name: {
    setting: name,
    group: 'node',
    help: "Name of this node, unique in its cluster; the host's name with the port unless given.",
  },
  logLevel: {
    setting: choice(['debug', 'info', 'warn', 'error', 'silent']),
    fallback: 'info',
    group: 'node',
    help: 'Least severe log lines that are written.',
  },
  demo: { setting: yesOrNo, fallback: false, group: 'node', internal: true, help: 'Serves the demo page.' },
  databaseUrl: {
    setting: url(['postgres:', 'postgresql:']),
    env: ['SKEIN_DATABASE_URL', 'DATABASE_URL'],
    group: 'database',
    help: 'PostgreSQL 15 or newer: postgres://user:password@host:5432/database.',
  },
  autoMigrate: {
    setting: yesOrNo,
    fallback: false,
    group: 'database',
    help: 'Creates or upgrades the schema at start; otherwise run `skein migrate`.',
  },
  databaseWaitMs: {
    setting: integer({ min: 0, max: DAY_MS, unit: 'ms' }),
    fallback: 60_000,
    group: 'database',
    help: 'How long a starting node waits for a database that is away.',
  },
  jwtSecret: {
    setting: secretText,
    secret: true,
    group: 'authentication',
    help: 'Secret that signs tokens (HS256). This or jwksUrl is required.',
  },
  jwksUrl: {
    setting: url(['https:', 'http:']),
    group: 'authentication',
    help: 'Where the public keys of tokens are (RS256, ES256, EdDSA).',
  },
  jwtIssuer: { setting: word('issuer'), group: 'authentication', help: 'The `iss` that a token must carry.' },
  jwtAudience: {
    setting: word('audience'),
    group: 'authentication',
    help: 'The `aud` that a token must carry.',
  },
  apiKeys: {
    setting: list(apiKey),
    fallback: [],
    secret: true,
    group: 'authentication',
    help: 'Keys of the server API, one or more per app. Without any the API is closed.',
  },
  allowedOrigins: {
    setting: list(origin),
    fallback: ['*'],
    group: 'network',
    help: 'Origins of pages that may connect from a browser; * for all.',
  },
  trustedProxies: {
    setting: list(address),
    fallback: [],
    group: 'network',
    help: 'Proxies whose X-Forwarded-For, or PROXY protocol header (version 2), is believed.',
  },
  metrics: {
    setting: yesOrNo,
    fallback: true,
    group: 'network',
    help: 'Whether the node answers GET /metrics (Prometheus); docs/metrics.md lists them.',
  },
  metricsKey: {
    setting: secretText,
    secret: true,
    group: 'network',
    help: 'Key that GET /metrics wants as a bearer token. Without one it is open to whoever reaches the port.',
  },
  drainMs: {
    setting: integer({ min: 0, max: 600_000, unit: 'ms' }),
    fallback: 10_000,
    group: 'node',
    help: 'How long a node that is asked to stop moves its clients to others and finishes its work before it ends.',
  },
  zone: {
    setting: name,
    fallback: 'default',
    group: 'cluster',
    help: 'Zone (rack, availability zone) that this node runs in.',
  },
  weight: {
    setting: integer({ min: 1, max: WEIGHT_MAX }),
    fallback: 1,
    group: 'cluster',
    help: 'What this node can carry, relative to the others: a machine of twice the size has twice the weight.',
  },
  agentPort: {
    setting: integer({ min: 0, max: 65_535 }),
    fallback: 0,
    group: 'cluster',
    help: "Port on which HAProxy's agent-check is told state and headroom; 0 for none. docs/edge.md tells more.",
  },
  bus: {
    setting: choice(['auto', 'postgres', 'redis']),
    fallback: 'auto',
    group: 'cluster',
    help: 'How nodes tell each other to look; auto takes Redis where redisUrl is set, else the database. The same on all nodes.',
  },
  redisUrl: {
    setting: redisUrl,
    env: ['SKEIN_REDIS_URL', 'REDIS_URL'],
    group: 'cluster',
    help: 'Redis 7 or newer, for the bus and for the list of nodes. The same on all nodes.',
  },
  clusterSecret: {
    setting: secretText,
    secret: true,
    group: 'cluster',
    help: 'By which nodes know each other, the same on all. Derived from jwtSecret unless given; required with jwksUrl.',
  },
  operatorKey: {
    setting: secretText,
    secret: true,
    group: 'cluster',
    help: 'Key of the operator routes (/v1/cluster: status, drain), the same on all nodes. Without it they are closed.',
  },
  clientUrl: {
    setting: url(['ws:', 'wss:']),
    group: 'cluster',
    help: 'Address at which clients reach this very node; leave it out where they come through a proxy.',
  },
  peerUrl: {
    setting: url(['http:', 'https:']),
    group: 'cluster',
    help: "Address at which other nodes reach this one; host and port unless given, the host's name when the host is 0.0.0.0 or ::.",
  },
  ...DISPATCH_OPTIONS,
  ...RATE_LIMIT_OPTIONS,
  ...LIMIT_OPTIONS,
} satisfies OptionSet
