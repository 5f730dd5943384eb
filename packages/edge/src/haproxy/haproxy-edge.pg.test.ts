import { once } from 'node:events'
import { connect as connectH2, constants } from 'node:http2'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeNode } from '../testing/fake-node.ts'
import { freePort, haproxyBed } from '../testing/haproxy-bed.ts'
import { openWebSocket, overStream } from '../testing/raw-websocket.ts'
import { realRuntime } from '../testing/real-runtime.ts'
import { throwAwayCa, type ThrowAwayCa } from '../testing/throw-away-ca.ts'
import { HaproxyDriver } from './haproxy-driver.ts'

const { timers } = realRuntime()
let ca: ThrowAwayCa
let file: ThrowAwayCa['file']
let pem: ThrowAwayCa['pem']

beforeAll(() => {
  ca = throwAwayCa(['edge', 'node', 'client'])
  file = ca.file
  pem = ca.pem
})

afterAll(() => ca.remove())

test('TLS from end to end: WebSockets over HTTP/1.1 and HTTP/2, and nodes that see only edges with a certificate', async () => {
  await using bed = await haproxyBed({
    tls: { certificate: file('edge.pem') },
    nodeTls: { ca: file('ca.pem'), certificate: file('client.pem'), serverName: 'chat.test' },
  })
  const served = { cert: pem('node.crt'), key: pem('node.key'), ca: pem('ca.pem'), requestCert: true }
  await using node = await fakeNode('node-1', { ...served, rejectUnauthorized: true })
  const driver = await bed.driver()
  await driver.apply([node.desired()])
  const client = { ca: pem('ca.pem'), servername: 'chat.test' }
  const socket = await openWebSocket(bed.port, '/v1/connect', client)
  expect([socket.node, await socket.echo('over 1.1')]).toEqual(['node-1', 'over 1.1'])

  const session = connectH2(`https://127.0.0.1:${bed.port}`, client)
  await once(session, 'remoteSettings')
  expect(session.remoteSettings.enableConnectProtocol).toBe(true)
  // RFC 8441: a WebSocket is one stream among others.
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'https',
    ':path': '/v1/connect?node=node-1',
    ':authority': 'chat.test',
    'sec-websocket-version': '13',
  })
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
  expect([headers[constants.HTTP2_HEADER_STATUS], headers['x-node']]).toEqual([200, 'node-1'])
  expect(await overStream(stream, 'node-1').echo('over 2')).toBe('over 2')
  session.destroy()
})

test('an edge that wants certificates of its clients refuses those without', async () => {
  await using bed = await haproxyBed({ tls: { certificate: file('edge.pem'), clientCa: file('ca.pem') } })
  await using node = await fakeNode('node-1')
  const driver = await bed.driver()
  await driver.apply([node.desired()])
  const client = { ca: pem('ca.pem'), servername: 'chat.test' }
  await expect(openWebSocket(bed.port, '/', client)).rejects.toThrow(
    /certificate required|ECONNRESET|socket hang up/,
  )
  const known = { ...client, cert: pem('client.crt'), key: pem('client.key') }
  expect((await openWebSocket(bed.port, '/', known)).node).toBe('node-1')
})

test('limits per address, bodies and heads; the word of strangers on who they are is not passed on', async () => {
  const limits = { maxPerAddress: 3, headerBytes: 8_192, bodyBytes: 1_024 }
  await using bed = await haproxyBed({ limits })
  await using node = await fakeNode('node-1')
  const driver = await bed.driver()
  await driver.apply([node.desired()])
  const at = `http://127.0.0.1:${bed.port}/v1/x`
  const status = async (
    body: string | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<number> => {
    const init = body === undefined ? {} : { method: 'POST', body }
    return (await fetch(at, { ...init, headers: { ...headers, connection: 'close' } })).status
  }
  expect(await status('x'.repeat(1_000), { 'x-forwarded-for': '6.6.6.6' })).toBe(200)
  expect(node.lastRequest()?.headers['x-forwarded-for']).toBe('127.0.0.1')
  expect(await status('x'.repeat(1_025))).toBe(413)
  expect(await status(undefined, { long: 'x'.repeat(9_000) })).toBe(400)
  for (let count = 0; count < 3; count += 1) await openWebSocket(bed.port)
  await expect(openWebSocket(bed.port)).rejects.toThrow('429')
})

test('behind a trusted proxy limits count whom it names, and not itself', async () => {
  await using bed = await haproxyBed({ trusted: ['127.0.0.0/8'], limits: { requestsPerSecondPerAddress: 1 } })
  await using node = await fakeNode('node-1')
  const driver = await bed.driver()
  await driver.apply([node.desired()])
  const statuses = async (client: string): Promise<readonly number[]> => {
    const answers: number[] = []
    for (let count = 0; count < 12; count += 1)
      answers.push(
        (await fetch(`http://127.0.0.1:${bed.port}/`, { headers: { 'x-forwarded-for': client } })).status,
      )
    return answers
  }
  // One a second, counted over ten.
  expect(await statuses('203.0.113.7')).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429])
  expect((await statuses('203.0.113.8'))[0]).toBe(200)
})

test('with the PROXY protocol a connection to a node begins with who the client is', async () => {
  await using bed = await haproxyBed({ proxyProtocol: true })
  let first = ''
  const node = createServer((socket) => {
    socket
      .on('error', () => socket.destroy())
      .on('data', (chunk) => {
        const isCheck = chunk.toString('latin1').startsWith('GET /livez')
        if (!isCheck) first ||= chunk.subarray(0, 20).toString('hex')
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
      })
  }).listen(0, '127.0.0.1')
  await once(node, 'listening')
  const driver = await bed.driver()
  const { port } = node.address() as AddressInfo
  await driver.apply([
    {
      name: 'n',
      host: 'localhost',
      port,
      zone: '',
      region: '',
      weight: 256,
      state: 'ready',
      reason: '',
      backup: false,
      maxConnections: 0,
    },
  ])
  expect((await fetch(`http://127.0.0.1:${bed.port}/`)).status).toBe(200)
  // Signature; version 2, PROXY; TCP over IPv4; twelve bytes or more; 127.0.0.1.
  expect(first).toMatch(/^0d0a0d0a000d0a515549540a2111....7f000001$/)
  node.close()
})

test('two drivers at one proxy, and one driver for each of two proxies, come to the same', async () => {
  await using one = await haproxyBed()
  await using other = await haproxyBed({ stats: { host: '127.0.0.1', port: await freePort() } })
  await using a = await fakeNode('node-1')
  await using b = await fakeNode('node-2')
  const drivers = [await one.driver(), await one.driver(), await other.driver()]
  await Promise.all(drivers.map((driver) => driver.apply([a.desired(), b.desired()])))
  await Promise.all(drivers.map((driver) => driver.apply([a.desired(), b.desired()])))
  for (const driver of drivers)
    expect(new Set(driver.status().map(({ node }) => node))).toEqual(new Set(['node-1', 'node-2']))
  for (const { port } of [one, other])
    expect((await openWebSocket(port, '/?node=node-2')).node).toBe('node-2')
})

test('a proxy that is killed is told of once, and when it comes back it is as it was', async () => {
  await using bed = await haproxyBed()
  await using node = await fakeNode('node-1')
  const driver = await bed.driver()
  await driver.apply([node.desired()])
  await driver.apply([node.desired()])
  await bed.kill()
  await driver.apply([node.desired()])
  await driver.apply([node.desired()])
  expect(bed.events.slice(1)).toEqual([`Nobody listens at ${bed.socket}: start HAProxy.`])
  expect([driver.trouble, driver.status()]).toEqual([bed.events[1], []])
  await bed.launch()
  await driver.apply([node.desired()])
  expect(bed.events.at(-1)).toMatch(/^HAProxy 2\.\d+.* answers again\.$/)
  expect(driver.status()).toMatchObject([{ node: 'node-1', slot: 'slot1' }])
  expect((await openWebSocket(bed.port)).node).toBe('node-1')
})

test.each([
  [
    'a version that is too old',
    'Name: HAProxy\nVersion: 2.2.9-2+deb11u6\nPid: 1\n\n# be_id srv_name\n\n# pxname,svname\n\n',
    'HAProxy 2.2.9-2+deb11u6 at',
  ],
  ['a socket without rights', 'Permission denied\n', 'wants "level admin"'],
  [
    'a configuration of somebody else',
    'Name: HAProxy\nVersion: 2.6.1\n\nNo such proxy.\n',
    'has no backend "skein"',
  ],
  ['another program', 'HTTP/1.1 400 Bad Request\n', "is no HAProxy's Runtime API"],
])('%s is refused at the start, in one line', async (_, answer, line) => {
  const path = file('fake.sock')
  const fake = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end(answer),
  ).listen(path)
  await once(fake, 'listening')
  const driver = new HaproxyDriver({ socket: path, timers })
  await expect(driver.start()).rejects.toThrow(line)
  await driver.stop()
  fake.close()
  await once(fake, 'close')
})
