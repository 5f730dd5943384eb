import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDrivenEdge } from '../driver/driven-edge.ts'
import { fakeNode, type FakeNode } from '../testing/fake-node.ts'
import { until } from '../testing/haproxy-bed.ts'
import { nginxBed } from '../testing/nginx-bed.ts'
import { openWebSocket } from '../testing/raw-websocket.ts'
import { realRuntime } from '../testing/real-runtime.ts'
import { throwAwayCa, type ThrowAwayCa } from '../testing/throw-away-ca.ts'

const HOST = '127.0.0.1'
let ca: ThrowAwayCa

beforeAll(() => {
  ca = throwAwayCa(['edge', 'node', 'client'])
})

afterAll(() => ca.remove())

test('TLS from end to end: clients and NGINX show certificates, and without one there is no way in', async () => {
  await using bed = await nginxBed({
    tls: { certificate: ca.file('edge.crt'), key: ca.file('edge.key'), clientCa: ca.file('ca.pem') },
    nodeTls: {
      ...{ ca: ca.file('ca.pem'), certificate: ca.file('client.pem'), serverName: 'chat.test' },
    },
  })
  const served = { cert: ca.pem('node.crt'), key: ca.pem('node.key'), ca: ca.pem('ca.pem') }
  await using node = await fakeNode('a', { ...served, requestCert: true, rejectUnauthorized: true })
  await bed.driver.apply([node.desired()])
  const stranger = { ca: ca.pem('ca.pem'), servername: 'chat.test' }
  const client = { ...stranger, cert: ca.pem('client.crt'), key: ca.pem('client.key') }
  const socket = await openWebSocket(bed.port, '/v1/connect', client)
  expect([socket.node, await socket.echo('sealed')]).toEqual(['a', 'sealed'])
  await expect(openWebSocket(bed.port, '/v1/connect', stranger)).rejects.toThrow('400')
})

test('NGINX that expects another name in the certificates of nodes hands nobody over to them', async () => {
  await using bed = await nginxBed({ nodeTls: { ca: ca.file('ca.pem'), serverName: 'other.test' } })
  await using node = await fakeNode('a', { cert: ca.pem('node.crt'), key: ca.pem('node.key') })
  await bed.driver.apply([node.desired()])
  await expect(openWebSocket(bed.port)).rejects.toThrow('503')
  expect(node.lastRequest()).toBeUndefined()
})

interface Listed {
  readonly node: FakeNode
  readonly state: 'ready' | 'draining'
}

const described = ({ node, state }: Listed): object => ({
  ...{ id: `${node.name}.1`, name: node.name, zone: 'z', region: 'r', state, heardAgeMs: 0 },
  ...{ internalAddress: `http://${HOST}:${node.port}`, load: { sessions: 0, maxSessions: 9, headroom: 100 } },
})

/** On a connection of its own: a worker that was reloaded closes those that idle, also while one is asked. */
const textOf = async (url: string): Promise<string> =>
  (await fetch(url, { headers: { connection: 'close' } })).text()

test('what the cluster says is in force within seconds: a node joins, drains, and leaves', async () => {
  await using bed = await nginxBed()
  await using a = await fakeNode('a')
  await using b = await fakeNode('b')
  let listed: readonly Listed[] = [{ node: a, state: 'ready' }]
  const cluster = createServer((_request, response) =>
    response.end(JSON.stringify({ self: 'a.1', viewAgeMs: 0, nodes: listed.map(described) })),
  ).listen(0, HOST)
  await once(cluster, 'listening')
  const { port } = cluster.address() as AddressInfo
  const edge = await startDrivenEdge({
    drivers: [bed.driver],
    cluster: { operatorKey: 'k', urls: [`http://${HOST}:${port}`] },
    ask: async () => (await fetch(`http://${HOST}:${port}`)).json(),
    runtime: realRuntime(),
  })
  const serving = async (): Promise<string> => {
    const seen = new Set<string>()
    for (let count = 0; count < 4; count += 1) seen.add(await textOf(`http://${HOST}:${bed.port}/v1/connect`))
    return [...seen].sort().join('')
  }
  await until('a serves', async () => (await serving().catch(() => '')) === 'a')
  listed = [...listed, { node: b, state: 'ready' }]
  await until('b serves too', async () => (await serving()) === 'ab')
  const held = await openWebSocket(bed.port, '/v1/connect?node=a')
  listed = [
    { node: a, state: 'draining' },
    { node: b, state: 'ready' },
  ]
  await until('only b serves', async () => (await serving()) === 'b')
  expect(await held.echo('not cut')).toBe('not cut')
  await a.closePort()
  listed = listed.slice(1)
  await until('a is gone', () => edge.servers().length === 1)
  expect(await serving()).toBe('b')
  await edge.stop()
  cluster.close()
})
