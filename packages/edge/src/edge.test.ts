import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { startEdge, type Edge, type EdgeEvent, type EdgeOptions } from './edge.ts'
import { realRuntime } from './testing/real-runtime.ts'

const HOST = '127.0.0.1'
const KEY = 'the key of operators'
const undo: (() => unknown)[] = []

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

interface FakeNode {
  readonly name: string
  readonly port: number
  readonly server: Server
  headroom: unknown
  state: string
}

/** A cluster of servers that answer with their names, and tell of all of them to whoever has the key. */
async function cluster(...names: readonly string[]): Promise<FakeNode[]> {
  const nodes: FakeNode[] = []
  for (const name of names) {
    const server = createServer((request, response) => {
      if (request.url !== '/v1/cluster') return void response.end(name)
      response.statusCode = request.headers.authorization === `Bearer ${KEY}` ? 200 : 401
      response.end(JSON.stringify({ self: name, viewAgeMs: 0, nodes: nodes.map(described) }))
    })
    server.listen(0, HOST)
    await once(server, 'listening')
    undo.push(() => {
      server.close()
      server.closeAllConnections()
    })
    nodes.push({ name, port: (server.address() as AddressInfo).port, server, headroom: 50, state: 'ready' })
  }
  return nodes
}

const described = ({ name, port, headroom, state }: FakeNode) => ({
  id: `${name}.1`,
  name,
  zone: 'a',
  region: 'eu',
  state,
  reason: '',
  internalAddress: `http://${HOST}:${port}`,
  heardAgeMs: 0,
  load: { sessions: 1, maxSessions: 10, headroom },
})

const url = ({ port }: FakeNode): string => `http://${HOST}:${port}`

async function edge(options: Partial<EdgeOptions>): Promise<{ edge: Edge; events: EdgeEvent[] }> {
  const events: EdgeEvent[] = []
  const started = await startEdge({
    host: HOST,
    port: 0,
    admin: { host: HOST, port: 0 },
    runtime: realRuntime(),
    onEvent: (event) => events.push(event),
    ...options,
  })
  undo.push(() => started.close())
  return { edge: started, events }
}

const ask = async ({ port }: Pick<Edge, 'port'>, path = '/'): Promise<string> =>
  (await fetch(`http://${HOST}:${port}${path}`, { headers: { connection: 'close' } })).text()

test('from one address it knows the whole cluster, with loads, and tells of it', async () => {
  const [a, b] = await cluster('a', 'b')
  if (a === undefined || b === undefined) throw new Error('no cluster')
  const { edge: under } = await edge({ cluster: { operatorKey: KEY, urls: [url(b)], membership: true } })
  expect(await ask(under, '/?node=a')).toBe('a')
  expect(await ask(under, '/?node=b')).toBe('b')
  const status = JSON.parse(await ask({ port: under.adminPort ?? 0 }, '/status')) as object
  expect(status).toMatchObject({
    strategy: 'power-of-two',
    nodes: [
      { name: 'a', state: 'ready', headroom: 50, zone: 'a', region: 'eu' },
      { name: 'b', state: 'ready' },
    ],
  })
  const metrics = await ask({ port: under.adminPort ?? 0 }, '/metrics')
  expect(metrics).toContain('skein_edge_node_state{node="a",state="ready"} 1')
  expect(metrics).toContain('skein_edge_steered_total{honoured="true"} 2')
  expect(metrics).toContain('skein_edge_cluster_age_seconds')
  expect(await ask({ port: under.adminPort ?? 0 }, '/else')).toContain('/metrics and /status')
})

test('a load that cannot be attracts nobody', async () => {
  const [a, b] = await cluster('a', 'b')
  if (a === undefined || b === undefined) throw new Error('no cluster')
  a.headroom = 100_000
  const { edge: under } = await edge({ cluster: { operatorKey: KEY, urls: [url(b)], membership: true } })
  expect(under.status().nodes.map(({ headroom }) => headroom)).toEqual([null, 50])
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(under)))
  expect(answers.filter((answer) => answer === 'b').length).toBeGreaterThan(25)
})

test('a wrong key is told once, and nodes that were named are used all the same', async () => {
  const [a] = await cluster('a')
  if (a === undefined) throw new Error('no cluster')
  const { edge: under, events } = await edge({
    cluster: { operatorKey: 'another', urls: [url(a)], membership: false },
  })
  under.add({ name: 'a', host: HOST, port: a.port })
  expect(await ask(under)).toBe('a')
  const silent = events.filter((event) => event.kind === 'clusterSilent')
  expect(silent).toHaveLength(1)
  expect(String(silent[0]?.why)).toContain('SKEIN_OPERATOR_KEY')
})

test('a node that the cluster and its port both forget is gone', async () => {
  const nodes = await cluster('a', 'b')
  const [a, b] = nodes
  if (a === undefined || b === undefined) throw new Error('no cluster')
  const { edge: under } = await edge({ cluster: { operatorKey: KEY, urls: [url(b)], membership: true } })
  a.server.close()
  a.server.closeAllConnections()
  nodes.shift()
  expect(await ask(under, '/?node=a')).toBe('b')
  await expect.poll(() => under.status().nodes.map(({ name }) => name), { timeout: 5_000 }).toEqual(['b'])
})

test('options that make no sense are refused with their value', async () => {
  await expect(edge({ limits: { maxConnections: -1 } })).rejects.toThrow('maxConnections')
  await expect(edge({ outlier: { mostEjected: 7 } })).rejects.toThrow('got 7')
})

test('an admin port that is taken leaves nothing behind', async () => {
  const [a] = await cluster('a')
  const taken = a?.port ?? 0
  await expect(edge({ admin: { host: HOST, port: taken } })).rejects.toThrow('EADDRINUSE')
})
