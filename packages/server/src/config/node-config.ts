import { hkdfSync } from 'node:crypto'
import type { RateLimits } from '../limits/rate-limits.ts'
import type { NodeLimits } from '../node/limits.ts'
import { ConfigError } from './config-error.ts'
import { dispatchOf, type DispatchConfig } from './dispatch-config.ts'
import { LIMIT_KEYS, NODE_OPTIONS } from './node-options.ts'
import type { Values } from './option.ts'
import { rateLimitsOf } from './rate-limit-options.ts'
import { resolveOptions, type ConfigSources } from './resolve.ts'

/** How tokens are checked. */
export type AuthConfig = (
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'jwks'; readonly url: string }
) & { readonly issuer?: string; readonly audience?: string }

export interface ApiKey {
  readonly app: string
  readonly key: string
}

/** What a node needs to know of the cluster that it belongs to. */
export interface ClusterConfig {
  readonly zone: string
  /** What this node can carry, relative to the others. */
  readonly weight: number
  /** Where HAProxy's agent-check is answered; 0: nowhere. */
  readonly agentPort: number
  readonly secret: string
  readonly bus: 'postgres' | 'redis'
  /** Then the list of nodes is there too. */
  readonly redisUrl?: string
  readonly operatorKey?: string
  readonly clientUrl?: string
  readonly peerUrl?: string
}

/** All that one node needs to know to run. */
export interface NodeConfig {
  readonly host: string
  readonly port: number
  readonly region: string
  readonly name?: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly demo: boolean
  readonly databaseUrl: string
  readonly databaseWaitMs: number
  readonly autoMigrate: boolean
  readonly auth: AuthConfig
  readonly apiKeys: readonly ApiKey[]
  readonly allowedOrigins: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly drainMs: number
  /** What `GET /metrics` answers, and to whom: with a key only to its bearer. */
  readonly metrics: { readonly enabled: boolean; readonly key?: string }
  readonly cluster: ClusterConfig
  readonly dispatch: DispatchConfig
  readonly limits: NodeLimits
  /** What all nodes together admit. */
  readonly rateLimits: RateLimits
}

type NodeValues = Values<typeof NODE_OPTIONS>

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

function authOf(values: NodeValues): AuthConfig {
  const claims = {
    ...(values.jwtIssuer !== undefined && { issuer: values.jwtIssuer }),
    ...(values.jwtAudience !== undefined && { audience: values.jwtAudience }),
  }
  if (values.jwtSecret !== undefined && values.jwksUrl !== undefined) {
    throw new ConfigError(
      'conflict',
      'Both jwtSecret and jwksUrl are set; keep the one that signs your tokens.',
    )
  }
  if (values.jwtSecret !== undefined) return { kind: 'secret', secret: values.jwtSecret, ...claims }
  if (values.jwksUrl !== undefined) return { kind: 'jwks', url: values.jwksUrl, ...claims }
  throw new ConfigError(
    'missing',
    'No way to check tokens: set SKEIN_JWT_SECRET or SKEIN_JWKS_URL. There is no default.',
  )
}

const DERIVED_SECRET_BYTES = 32

/** Nodes that share the secret of tokens share this one too, and neither tells the other (RFC 5869). */
export const derivedSecret = (jwtSecret: string): string =>
  Buffer.from(hkdfSync('sha256', jwtSecret, '', 'skein cluster secret', DERIVED_SECRET_BYTES)).toString(
    'base64url',
  )

function clusterSecretOf({ clusterSecret }: NodeValues, auth: AuthConfig): string {
  if (clusterSecret !== undefined) return clusterSecret
  if (auth.kind === 'secret') return derivedSecret(auth.secret)
  throw new ConfigError(
    'missing',
    'No cluster secret: set SKEIN_CLUSTER_SECRET to the same random text on all nodes (openssl rand -base64 48 makes a good one).',
  )
}

function clusterOf(values: NodeValues, auth: AuthConfig): ClusterConfig {
  const { zone, weight, agentPort, bus, redisUrl, operatorKey, clientUrl, peerUrl } = values
  if (bus === 'redis' && redisUrl === undefined) {
    throw new ConfigError(
      'missing',
      'The bus is redis, and no Redis is named: set SKEIN_REDIS_URL, or bus to auto.',
    )
  }
  return {
    zone,
    weight,
    agentPort,
    secret: clusterSecretOf(values, auth),
    bus: bus === 'auto' ? (redisUrl === undefined ? 'postgres' : 'redis') : bus,
    ...(redisUrl !== undefined && { redisUrl }),
    ...(operatorKey !== undefined && { operatorKey }),
    ...(clientUrl !== undefined && { clientUrl }),
    ...(peerUrl !== undefined && { peerUrl }),
  }
}

function limitsOf(values: NodeValues): NodeLimits {
  if (values.stuckConsumerBytes < values.slowConsumerBytes) {
    throw new ConfigError('conflict', 'stuckConsumerBytes must be at least slowConsumerBytes.')
  }
  return Object.fromEntries(LIMIT_KEYS.map((key) => [key, values[key]])) as unknown as NodeLimits
}

function metricsOf({ metrics, metricsKey }: NodeValues): NodeConfig['metrics'] {
  if (!metrics && metricsKey !== undefined) {
    throw new ConfigError('conflict', 'metricsKey is set and metrics is false; keep the one that you mean.')
  }
  return { enabled: metrics, ...(metricsKey !== undefined && { key: metricsKey }) }
}

const apiKeyOf = (entry: string): ApiKey => {
  const colon = entry.indexOf(':')
  return { app: entry.slice(0, colon), key: entry.slice(colon + 1) }
}

/** Reads the configuration of a node. Throws ConfigError with one line that names what to change. */
export function readNodeConfig(sources: ConfigSources): NodeConfig {
  const values = resolveOptions(NODE_OPTIONS, sources)
  const auth = authOf(values)
  if (values.databaseUrl === undefined) {
    throw new ConfigError(
      'missing',
      'No database: set DATABASE_URL to postgres://user:password@host:5432/database.',
    )
  }
  if (values.demo && !LOOPBACK.has(values.host)) {
    throw new ConfigError('conflict', 'The demo hands out tokens to anyone, so it listens on 127.0.0.1 only.')
  }
  const { host, port, region, logLevel, demo, databaseWaitMs, autoMigrate, drainMs } = values
  return {
    host,
    port,
    region,
    logLevel,
    demo,
    databaseWaitMs,
    autoMigrate,
    drainMs,
    ...(values.name !== undefined && { name: values.name }),
    databaseUrl: values.databaseUrl,
    auth,
    apiKeys: values.apiKeys.map(apiKeyOf),
    allowedOrigins: values.allowedOrigins,
    trustedProxies: values.trustedProxies,
    metrics: metricsOf(values),
    cluster: clusterOf(values, auth),
    dispatch: dispatchOf(values),
    limits: limitsOf(values),
    rateLimits: rateLimitsOf(values),
  }
}
