import type { Secrets } from './secrets.ts'

/** Where `skein up` listens, and its nodes too. */
export const LOOPBACK = '127.0.0.1'

/** The tenant of the demo page. */
export const DEMO_APP = 'demo'

/** Who sits at the terminal would rather hear soon that the database does not answer. */
const DATABASE_WAIT_MS = 5_000

/** What cannot be the same for all nodes, or would overrule the secrets of the demo. */
const NOT_INHERITED = [
  'SKEIN_JWKS_URL',
  'SKEIN_JWT_ISSUER',
  'SKEIN_JWT_AUDIENCE',
  'SKEIN_CLIENT_URL',
  'SKEIN_PEER_URL',
  'SKEIN_AGENT_PORT',
  'SKEIN_REDIS_URL',
  'REDIS_URL',
]

export interface NodeEnvOptions {
  readonly name: string
  readonly port: number
  /** Where clients connect: the balancer in front. 0: not known yet. */
  readonly edgePort: number
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  readonly logLevel: string
  readonly secrets: Secrets
}

/** What one node of `skein up` is told: what its supervisor was, and its place among the others. */
export function nodeEnv(
  inherited: Readonly<NodeJS.ProcessEnv>,
  { name, port, edgePort, databaseUrl, redisUrl, logLevel, secrets }: NodeEnvOptions,
): NodeJS.ProcessEnv {
  const kept = Object.entries(inherited).filter(([variable]) => !NOT_INHERITED.includes(variable))
  return {
    ...Object.fromEntries(kept),
    SKEIN_NAME: name,
    SKEIN_HOST: LOOPBACK,
    SKEIN_PORT: String(port),
    ...(edgePort > 0 && { SKEIN_EDGES: inherited['SKEIN_EDGES'] || `ws://${LOOPBACK}:${edgePort}` }),
    SKEIN_DATABASE_URL: databaseUrl,
    SKEIN_AUTO_MIGRATE: 'true',
    SKEIN_JWT_SECRET: secrets.jwtSecret,
    SKEIN_API_KEYS: `${DEMO_APP}:${secrets.apiKey}`,
    SKEIN_OPERATOR_KEY: secrets.operatorKey,
    SKEIN_CLUSTER_SECRET: secrets.clusterSecret,
    SKEIN_BUS: redisUrl === undefined ? 'postgres' : 'redis',
    ...(redisUrl !== undefined && { SKEIN_REDIS_URL: redisUrl }),
    SKEIN_DEMO: 'true',
    SKEIN_TRUSTED_PROXIES: [inherited['SKEIN_TRUSTED_PROXIES'], LOOPBACK].filter(Boolean).join(','),
    SKEIN_LOG_LEVEL: logLevel,
    SKEIN_DATABASE_WAIT_MS: inherited['SKEIN_DATABASE_WAIT_MS'] ?? String(DATABASE_WAIT_MS),
  }
}
