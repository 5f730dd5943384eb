import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../node/limits.ts'
import { ConfigError } from './config-error.ts'
import { parseConfigFile } from './config-file.ts'
import { readNodeConfig } from './node-config.ts'
import { NODE_OPTIONS } from './node-options.ts'
import { envNames, flagName } from './option.ts'
import { referenceOf } from './reference.ts'
import type { ConfigSources } from './resolve.ts'

const SECRET = 'a-secret-of-more-than-32-characters-x'
const DATABASE = 'postgres://skein:hunter2@db.internal:5432/skein'
const needed = { SKEIN_JWT_SECRET: SECRET, DATABASE_URL: DATABASE }

const read = (sources: Partial<ConfigSources>) =>
  readNodeConfig({ flags: {}, ...sources, env: { ...needed, ...sources.env } })

function failure(run: () => unknown): ConfigError {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigError) return error
  }
  throw new Error('expected a ConfigError')
}

test('a flag wins over the environment, that over the file, that over the default', () => {
  const file = parseConfigFile('skein.json', '{"port": 1, "region": "file", "framesBurst": 5}', NODE_OPTIONS)
  const config = read({ flags: { port: '3' }, env: { SKEIN_PORT: '2', SKEIN_REGION: 'env' }, file })
  expect(config).toMatchObject({ port: 3, region: 'env', host: '127.0.0.1' })
  expect(config.limits).toEqual({ ...DEFAULT_LIMITS, framesBurst: 5 })
})

test('the own variable of the database wins over DATABASE_URL, and an empty one counts as not set', () => {
  const own = 'postgres://other/skein'
  expect(read({ env: { SKEIN_DATABASE_URL: own } }).databaseUrl).toBe(own)
  expect(read({ env: { SKEIN_DATABASE_URL: '' } }).databaseUrl).toBe(DATABASE)
})

test('a bad value is told in one line with the option, its source, the value and what is allowed', () => {
  expect(failure(() => read({ env: { SKEIN_PORT: '70000' } })).message).toBe(
    'port: "70000" from SKEIN_PORT must be a whole number from 0 to 65535.',
  )
  expect(failure(() => read({ flags: { logLevel: 'loud' } })).message).toBe(
    'logLevel: "loud" from --log-level must be one of debug, info, warn, error, silent.',
  )
  const file = parseConfigFile('skein.json', '{"maxConnections": 0}', NODE_OPTIONS)
  expect(failure(() => read({ file })).message).toMatch(
    /^maxConnections: "0" from "maxConnections" in skein.json must be/,
  )
})

test('secrets and passwords never stand in a message', () => {
  const short = failure(() => read({ env: { SKEIN_JWT_SECRET: 'hunter2' } })).message
  const keys = failure(() => read({ env: { SKEIN_API_KEYS: 'demo:hunter2' } })).message
  const database = failure(() => read({ env: { DATABASE_URL: 'mysql://skein:hunter2@db/skein' } })).message
  for (const message of [short, keys, database]) expect(message).not.toContain('hunter2')
  expect(short).toContain('SKEIN_JWT_SECRET')
  expect(database).toContain('postgres://')
})

test('secrets have no flag', () => {
  for (const [key, option] of Object.entries(NODE_OPTIONS)) {
    if ('secret' in option) expect(flagName(key, option)).toBeUndefined()
  }
  expect(flagName('maxConnections', NODE_OPTIONS.maxConnections)).toBe('--max-connections')
  expect(envNames('maxConnections', NODE_OPTIONS.maxConnections)).toEqual(['SKEIN_MAX_CONNECTIONS'])
})

test('there is no default secret and no default database', () => {
  const noSecret = failure(() => readNodeConfig({ flags: {}, env: { DATABASE_URL: DATABASE } }))
  expect(noSecret.reason).toBe('missing')
  expect(noSecret.message).toContain('SKEIN_JWT_SECRET')
  expect(failure(() => readNodeConfig({ flags: {}, env: { SKEIN_JWT_SECRET: SECRET } })).message).toContain(
    'DATABASE_URL',
  )
})

test('two ways to check tokens at once, and a demo that others could reach, are refused', () => {
  expect(failure(() => read({ env: { SKEIN_JWKS_URL: 'https://id.example.com/keys' } })).reason).toBe(
    'conflict',
  )
  expect(failure(() => read({ env: { SKEIN_DEMO: 'true', SKEIN_HOST: '0.0.0.0' } })).reason).toBe('conflict')
  expect(failure(() => read({ flags: { stuckConsumerBytes: '5000' } })).reason).toBe('conflict')
})

test('api keys belong to apps, and lists may be arrays in the file', () => {
  const key = 'k'.repeat(32)
  expect(read({ env: { SKEIN_API_KEYS: `shop:${key}, blog:${key}:x` } }).apiKeys).toEqual([
    { app: 'shop', key },
    { app: 'blog', key: `${key}:x` },
  ])
  const file = parseConfigFile('f', '{"allowedOrigins": ["https://a.example", "*"]}', NODE_OPTIONS)
  expect(read({ file }).allowedOrigins).toEqual(['https://a.example', '*'])
})

test('a file that is not JSON, not an object, or names an unknown option is refused with a hint', () => {
  const parse = (text: string) => failure(() => parseConfigFile('f.json', text, NODE_OPTIONS)).message
  expect(parse('{')).toContain('f.json is not JSON')
  expect(parse('[]')).toContain('one JSON object')
  expect(parse('{"max_connections": 3}')).toBe(
    'f.json: there is no option "max_connections"; "maxConnections" may be meant.',
  )
  expect(parse('{"constructor": 3}')).toContain('docs/configuration.md lists all')
  expect(parse('{"demo": true}')).toContain('there is no option "demo"')
  expect(parse('{"port": {}}')).toContain('port: the value in f.json must be')
})

test('nodes that share the secret of tokens share a cluster secret, which is another text', () => {
  const { secret } = read({}).cluster
  expect(secret).toBe(read({}).cluster.secret)
  expect(secret).not.toBe(read({ env: { SKEIN_JWT_SECRET: `${SECRET}y` } }).cluster.secret)
  expect(secret).toMatch(/^[\w-]{43}$/)
  expect(read({ env: { SKEIN_CLUSTER_SECRET: 's'.repeat(32) } }).cluster.secret).toBe('s'.repeat(32))
})

test('where tokens are checked by public keys a cluster secret is asked for', () => {
  const env = { DATABASE_URL: DATABASE, SKEIN_JWKS_URL: 'https://id.example.com/keys' }
  expect(failure(() => readNodeConfig({ flags: {}, env })).message).toContain('SKEIN_CLUSTER_SECRET')
})

test('the bus is Redis where one is named, and the database elsewhere', () => {
  const url = 'redis+sentinel://:hunter2@a:26379,b:26379/main'
  expect(read({}).cluster).toMatchObject({ zone: 'default', bus: 'postgres' })
  expect(read({ env: { REDIS_URL: url } }).cluster).toMatchObject({ bus: 'redis', redisUrl: url })
  expect(read({ env: { REDIS_URL: url, SKEIN_BUS: 'postgres' } }).cluster.bus).toBe('postgres')
  expect(failure(() => read({ env: { SKEIN_BUS: 'redis' } })).message).toContain('SKEIN_REDIS_URL')
  const wrong = failure(() => read({ env: { REDIS_URL: 'http://:hunter2@a' } })).message
  expect(wrong).toContain('redis://')
  expect(wrong).not.toContain('hunter2')
})

test('a weight is a whole number, and metrics are on unless told, with a key or without', () => {
  expect(read({}).cluster.weight).toBe(1)
  expect(read({ env: { SKEIN_WEIGHT: '4' } }).cluster.weight).toBe(4)
  for (const weight of ['0', '-1', '1.5', '1e3', '100000', 'NaN'])
    expect(failure(() => read({ env: { SKEIN_WEIGHT: weight } })).message).toContain(weight)
  const key = 'k'.repeat(32)
  expect(read({}).metrics).toEqual({ enabled: true })
  expect(read({ env: { SKEIN_METRICS_KEY: key } }).metrics).toEqual({ enabled: true, key })
  expect(read({ flags: { metrics: 'false' } }).metrics).toEqual({ enabled: false })
  const both = { SKEIN_METRICS: 'no', SKEIN_METRICS_KEY: key }
  expect(failure(() => read({ env: both })).message).toContain('metricsKey')
  expect(failure(() => read({ env: { SKEIN_METRICS_KEY: 'short' } })).message).not.toContain('short')
})

test('docs/configuration.md is what the schema says (npm run docs:config writes it)', () => {
  const path = new URL('../../../../docs/configuration.md', import.meta.url)
  expect(readFileSync(path, 'utf8')).toBe(referenceOf(NODE_OPTIONS))
})
