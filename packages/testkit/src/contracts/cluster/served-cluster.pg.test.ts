import { temporaryPostgres, type TemporaryPostgres } from '@skein/embedded-postgres'
import { type Client, createClient } from '@skein/sdk'
import { nodeTransport } from '@skein/sdk/node'
import {
  type ClusterStatus,
  mintToken,
  readNodeConfig,
  type ServedNode,
  serveNode,
  silentLogger,
} from '@skein/server'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../cluster-bed/free-port.ts'
import { RedisProcess } from '../../cluster-bed/redis-process.ts'

const JWT_SECRET = 'a-secret-of-more-than-32-characters-x'
const OPERATOR_KEY = 'o'.repeat(40)
const STOP_MS = 3_000

let database: TemporaryPostgres
const served: ServedNode[] = []
const clients: Client[] = []

beforeEach(async () => {
  database = await temporaryPostgres()
})

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.stop()))
  await Promise.all(served.splice(0).map((node) => node.stop(500, 'atOnce')))
  await database.dispose()
})

async function serve(name: string, env: Readonly<Record<string, string>> = {}): Promise<ServedNode> {
  const port = await freePort()
  const config = readNodeConfig({
    flags: {},
    env: {
      SKEIN_NAME: name,
      SKEIN_PORT: String(port),
      SKEIN_CLIENT_URL: `ws://127.0.0.1:${port}`,
      SKEIN_DATABASE_URL: database.url,
      SKEIN_AUTO_MIGRATE: 'true',
      SKEIN_JWT_SECRET: JWT_SECRET,
      SKEIN_OPERATOR_KEY: OPERATOR_KEY,
      ...env,
    },
  })
  const node = await serveNode(config, { logger: silentLogger })
  served.push(node)
  return node
}

async function operator(
  node: ServedNode,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${node.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
  })
  return { status: response.status, body: await response.json() }
}

const drain = (by: ServedNode, name: string, body: object = {}) =>
  operator(by, `/v1/cluster/nodes/${name}/drain`, { method: 'POST', body: JSON.stringify(body) })

async function states(node: ServedNode): Promise<string[]> {
  const { body } = await operator(node, '/v1/cluster')
  return (body as ClusterStatus).nodes.map(({ name, state }) => `${name} ${state}`)
}

const health = async (node: ServedNode): Promise<unknown> => (await fetch(`${node.url}/readyz`)).json()

const ready = async (node: ServedNode): Promise<number> => (await fetch(`${node.url}/readyz`)).status

async function connect(user: string, node: ServedNode): Promise<Client> {
  const { token } = await mintToken(
    { secret: JWT_SECRET, app: 'demo', user, ttlSeconds: 600 },
    { now: () => Date.now() },
  )
  const url = `${node.url.replace('http', 'ws')}/v1/connect`
  const client = createClient({ url, user, token, transport: await nodeTransport() })
  clients.push(client)
  await expect.poll(() => client.connection.state).toBe('online')
  return client
}

test('three nodes on one database see each other; a drain asked of one moves the clients of another', async () => {
  const [a, b, c] = [await serve('a'), await serve('b'), await serve('c')]
  const all = ['a ready', 'b ready', 'c ready']
  for (const node of [a, b, c]) await expect.poll(() => states(node), { timeout: 5_000 }).toEqual(all)
  expect(await Promise.all([a, b, c].map(ready))).toEqual([200, 200, 200])

  const users = await Promise.all(['ada', 'ben', 'cyd', 'dan'].map((user) => connect(user, b)))
  const group = users[0]?.createGroup({ title: 'team', members: ['ben', 'cyd', 'dan'] })
  await group?.send('before').durable
  const gaps: string[] = []
  for (const client of users) client.on('connection', ({ state }) => void gaps.push(state))

  expect(await drain(c, 'b', { windowMs: 2_000 })).toEqual({
    status: 202,
    body: { node: 'b', windowMs: expect.any(Number) as number },
  })
  await expect.poll(() => states(a)).toEqual(['a ready', 'b draining', 'c ready'])
  expect(await ready(b)).toBe(503)
  expect(await drain(a, 'b')).toMatchObject({ status: 409, body: { code: 'alreadyDraining' } })
  expect(await drain(c, 'a')).toMatchObject({ status: 409, body: { code: 'anotherDrains' } })
  expect(await b.ended).toEqual({ reason: 'drained' })
  await b.stop(STOP_MS)
  await expect.poll(() => states(a)).toEqual(['a ready', 'c ready'])

  expect(gaps).toEqual([])
  await group?.send('after').durable
  for (const client of users) {
    const texts = () => client.conversation(group?.id ?? '').last?.body['text']
    await expect.poll(texts).toBe('after')
  }
})

test('the last ready node is not drained without force, and an unknown one is not found', async () => {
  const a = await serve('a')
  expect(await drain(a, 'a')).toMatchObject({ status: 409, body: { code: 'lastReadyNode' } })
  const missing = await drain(a, 'z')
  expect(missing).toMatchObject({ status: 404, body: { detail: 'The cluster has no node z; it has a.' } })
  expect((await fetch(`${a.url}/v1/cluster`)).status).toBe(401)
})

test('a signal moves the clients to a peer; alone they are told to come back', async () => {
  const [a, b] = [await serve('a'), await serve('b')]
  await expect.poll(() => states(a)).toEqual(['a ready', 'b ready'])
  const client = await connect('ada', a)
  const seen: string[] = []
  client.on('connection', ({ state }) => void seen.push(state))
  await client.direct('ada').open()
  await a.stop(STOP_MS)
  expect(seen).toEqual([])
  expect(client.connection).toMatchObject({ state: 'online', node: 'b' })
  await b.stop(STOP_MS)
  await expect.poll(() => seen.length).toBeGreaterThan(0)
})

test('a node of another cluster, and one with the name of a living one, do not start and say why', async () => {
  await serve('a')
  const stranger = serve('b', { SKEIN_CLUSTER_SECRET: 's'.repeat(40) })
  await expect(stranger).rejects.toMatchObject({ reason: 'wrongSecret' })
  await expect(serve('a')).rejects.toMatchObject({ reason: 'nameTaken' })
})

test('on Redis: nodes find each other, stay ready while it is away, and one that starts then serves too', async () => {
  const redis = await RedisProcess.redis()
  onTestFinished(() => redis.dispose())
  const env = { SKEIN_REDIS_URL: redis.url }
  const [a, b] = [await serve('a', env), await serve('b', env)]
  for (const node of [a, b]) await expect.poll(() => states(node)).toEqual(['a ready', 'b ready'])
  await redis.kill()
  const c = await serve('c', env)
  await expect.poll(() => health(c)).toMatchObject({ ready: true, degraded: true })
  for (const node of [a, b])
    await expect.poll(() => health(node), { timeout: 8_000 }).toMatchObject({ ready: true, degraded: true })
  expect(await states(a)).toEqual(['a ready', 'b ready'])
  await redis.start()
  for (const node of [a, b, c]) {
    await expect.poll(() => states(node), { timeout: 10_000 }).toEqual(['a ready', 'b ready', 'c ready'])
    await expect.poll(() => health(node), { timeout: 10_000 }).toMatchObject({ degraded: false })
  }
})
