import { readNodeConfig } from '@skein/server'
import { expect, test } from 'vitest'
import { nodeEnv } from './node-env.ts'

const secrets = {
  jwtSecret: 'j'.repeat(48),
  apiKey: 'a'.repeat(48),
  operatorKey: 'o'.repeat(48),
  clusterSecret: 'c'.repeat(48),
}
const options = {
  name: 'node-2',
  port: 7001,
  edgePort: 7777,
  databaseUrl: 'postgres://db/skein',
  redisUrl: undefined,
  logLevel: 'warn',
  secrets,
}
const read = (inherited: Readonly<Record<string, string>>, redisUrl?: string) =>
  readNodeConfig({ flags: {}, env: nodeEnv(inherited, { ...options, redisUrl }) })

test('a node is told its name, its port and the secrets that all share', () => {
  expect(read({})).toMatchObject({
    name: 'node-2',
    host: '127.0.0.1',
    port: 7001,
    demo: true,
    autoMigrate: true,
    trustedProxies: ['127.0.0.1'],
    auth: { kind: 'secret', secret: secrets.jwtSecret },
    cluster: { bus: 'postgres', secret: secrets.clusterSecret, operatorKey: secrets.operatorKey },
  })
})

test('Redis is used when it is named to skein up, not because it stands in the environment', () => {
  expect(read({ REDIS_URL: 'redis://elsewhere', SKEIN_REDIS_URL: 'redis://there' }).cluster).toMatchObject({
    bus: 'postgres',
  })
  expect(read({ REDIS_URL: 'redis://elsewhere' }, 'redis://127.0.0.1:6379').cluster).toMatchObject({
    bus: 'redis',
    redisUrl: 'redis://127.0.0.1:6379',
  })
})

test('what would be wrong for several nodes or for the demo is not inherited, the rest is', () => {
  const config = read({
    SKEIN_CLIENT_URL: 'ws://one',
    SKEIN_PEER_URL: 'http://one',
    SKEIN_JWKS_URL: 'https://keys',
    SKEIN_JWT_ISSUER: 'x',
    SKEIN_AGENT_PORT: '7000',
    SKEIN_ZONE: 'desk',
    SKEIN_TRUSTED_PROXIES: '10.0.0.0/8',
  })
  expect(config.cluster).toMatchObject({ zone: 'desk', agentPort: 0 })
  expect(config.trustedProxies).toEqual(['10.0.0.0/8', '127.0.0.1'])
  expect(config.cluster.clientUrl ?? config.cluster.peerUrl ?? config.auth.issuer).toBeUndefined()
})

test('clients are told the port in front of the nodes, unless somebody knows better', () => {
  const edges = (inherited: Readonly<Record<string, string>>, edgePort = 7777) =>
    readNodeConfig({ flags: {}, env: nodeEnv(inherited, { ...options, edgePort }) }).dispatch.edges
  const url = 'ws://127.0.0.1:7777/v1/connect'
  expect(edges({})).toEqual([{ url, zone: '', region: '', weight: 1 }])
  expect(edges({ SKEIN_EDGES: '' })).toMatchObject([{ url }])
  expect(edges({ SKEIN_EDGES: 'wss://chat.example' })).toMatchObject([
    { url: 'wss://chat.example/v1/connect' },
  ])
  expect(edges({}, 0)).toEqual([])
})
