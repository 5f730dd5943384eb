import { once } from 'node:events'
import { createServer as createHttpServer, get } from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NodePool } from '../balance/node-pool.ts'
import { realRuntime } from '../testing/real-runtime.ts'
import type { EdgeLimits } from './edge-limits.ts'
import { startEdgeServer, type EdgeServer } from './edge-server.ts'
import { ReadinessChecks } from './readiness-checks.ts'

const HOST = '127.0.0.1'
/** Among equals the first. */
const runtime = { ...realRuntime(), random: { next: () => 0.99 } }
let pool: NodePool
let proxy: EdgeServer
const undo: (() => void)[] = []

const start = async (limits: Partial<EdgeLimits> = {}): Promise<void> => {
  proxy = await startEdgeServer(HOST, 0, { pool, runtime, limits })
}

beforeEach(() => {
  pool = new NodePool({ ...runtime, balancer: { strategy: 'least-connections' } })
})

const nodeCalled = (name: string) => pool.all().find((node) => node.name === name)
const connectionsOf = (name: string): number => nodeCalled(name)?.connections ?? 0

afterEach(async () => {
  await proxy.close()
  for (const step of undo.splice(0)) step()
})

async function listen(server: Server): Promise<number> {
  server.listen(0, HOST)
  await once(server, 'listening')
  undo.push(() => server.close())
  return (server.address() as AddressInfo).port
}

const add = (name: string, port: number): void => pool.add({ name, host: HOST, port })

/** A node that answers every request with its name. */
async function httpNode(name: string): Promise<void> {
  const server = createHttpServer((_request, response) => response.end(name))
  undo.push(() => server.closeAllConnections())
  add(name, await listen(server))
}

/** A node whose connections the test holds in its hands. */
async function rawNode(
  name: string,
): Promise<{ readonly accepted: Promise<Socket>; readonly server: Server }> {
  const server = createServer({ allowHalfOpen: true })
  const accepted = new Promise<Socket>((resolve) => {
    server.on('connection', (socket: Socket) => {
      socket.on('error', () => undefined)
      undo.push(() => socket.destroy())
      resolve(socket)
    })
  })
  add(name, await listen(server))
  return { accepted, server }
}

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer()
  server.listen(0, HOST)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const ask = (path: string): Promise<{ status: number | undefined; text: string; retryAfter: unknown }> =>
  new Promise((resolve, reject) => {
    const request = get({ host: HOST, port: proxy.port, path, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () =>
        resolve({ status: response.statusCode, text, retryAfter: response.headers['retry-after'] }),
      )
    })
    request.on('error', reject)
  })

function client(): Socket {
  const socket = connect({ host: HOST, port: proxy.port, allowHalfOpen: true })
  socket.on('error', () => undefined)
  undo.push(() => socket.destroy())
  return socket
}

async function everything(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(socket, 'end')
  return text
}

const closeOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()))

const counted = (name: string) => expect.poll(() => connectionsOf(name))

test('a request goes to the node that it names, else to the one with the fewest connections', async () => {
  await httpNode('a')
  await httpNode('b')
  await start()
  expect((await ask('/?node=b')).text).toBe('b')
  await counted('b').toBe(0)
  const a = nodeCalled('a')
  const held = a && pool.occupy(a)
  expect((await ask('/')).text).toBe('b')
  held?.leave()
  expect((await ask('/')).text).toBe('a')
  expect((await ask('/?node=nobody')).status).toBe(200)
})

test('when a node cannot be reached the next one is tried at once, the wanted one included', async () => {
  add('a', await deadPort())
  add('b', await deadPort())
  await httpNode('c')
  await start()
  expect((await ask('/?node=a')).text).toBe('c')
  expect((await ask('/')).text).toBe('c')
  expect(['a', 'b'].map(connectionsOf)).toEqual([0, 0])
})

test('without any node there is a clean 503 that says when to come back', async () => {
  add('a', await deadPort())
  await start()
  const answer = await ask('/')
  expect(answer).toMatchObject({ status: 503, retryAfter: '1' })
  expect(JSON.parse(answer.text)).toMatchObject({ title: 'Service Unavailable' })
})

test('a head in pieces is waited for, and every byte arrives once', async () => {
  const { accepted } = await rawNode('a')
  await start()
  const socket = client()
  const head = 'GET /v1/connect?node=a HTTP/1.1\r\nHost: x\r\n\r\n'
  socket.setNoDelay(true)
  for (const letter of head) {
    socket.write(letter)
    await new Promise((resolve) => setImmediate(resolve))
  }
  socket.end('the rest')
  expect(await everything(await accepted)).toBe(`${head}the rest`)
})

test('a client that has ended still gets its answer, and then nothing is left open', async () => {
  const { accepted } = await rawNode('a')
  await start()
  const socket = client()
  socket.end('GET / HTTP/1.0\r\n\r\n')
  const node = await accepted
  await everything(node)
  const answer = everything(socket)
  node.end('x'.repeat(1_000_000))
  expect((await answer).length).toBe(1_000_000)
  await counted('a').toBe(0)
})

test('when the client dies the node hears it, and when the node dies the client does', async () => {
  const { accepted } = await rawNode('a')
  await start()
  const dying = client()
  dying.write('GET / HTTP/1.1\r\n\r\n')
  const node = await accepted
  const told = closeOf(node)
  node.resume()
  dying.resetAndDestroy()
  await told
  await counted('a').toBe(0)

  const { accepted: other } = await rawNode('b')
  const socket = client()
  socket.write('GET /?node=b HTTP/1.1\r\n\r\n')
  const closed = closeOf(socket)
  const dead = await other
  dead.write('HTTP')
  await once(socket, 'data')
  dead.resetAndDestroy()
  await closed
  await counted('b').toBe(0)
})

test('a client that does not read holds up its node, not our memory', async () => {
  const { accepted } = await rawNode('a')
  await start()
  const socket = client()
  socket.pause()
  socket.write('GET / HTTP/1.1\r\n\r\n')
  const node = await accepted
  node.resume()
  const chunk = Buffer.alloc(65_536)
  let written = 0
  while (written < 1_024 && (node.write(chunk) || (await drained(node)))) written += 1
  expect(written * chunk.length).toBeLessThan(32 * 1_048_576)
  socket.destroy()
  await counted('a').toBe(0)
})

const drained = (socket: Socket): Promise<boolean> =>
  Promise.race([
    once(socket, 'drain').then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 300)),
  ])

test('what is not HTTP, too long or silent is refused in words', async () => {
  await httpNode('a')
  await start({ headMs: 100 })
  const said = async (text: string | undefined): Promise<string> => {
    const socket = client()
    if (text !== undefined) socket.write(text)
    return (await everything(socket)).split('\r\n')[0] ?? ''
  }
  expect(await said('\x16\x03\x01\x02')).toBe('HTTP/1.1 400 Bad Request')
  expect(await said(`GET /${'a'.repeat(20_000)}`)).toBe('HTTP/1.1 414 URI Too Long')
  expect(await said(undefined)).toBe('HTTP/1.1 408 Request Timeout')
  expect(await said('GET /slow')).toBe('HTTP/1.1 408 Request Timeout')
})

test('connections are bounded', async () => {
  const { accepted } = await rawNode('a')
  await start({ maxConnections: 1 })
  client().write('GET / HTTP/1.1\r\n\r\n')
  await accepted
  expect(await everything(client())).toBe('')
  expect(connectionsOf('a')).toBe(1)
})

test('a node that says that it is not ready gets nothing new until it is', async () => {
  let ready = false
  const server = createHttpServer((request, response) => {
    response.statusCode = request.url === '/readyz' && !ready ? 503 : 200
    response.end('a')
  })
  undo.push(() => server.closeAllConnections())
  add('a', await listen(server))
  await httpNode('b')
  await start()
  const checks = new ReadinessChecks(pool, runtime)
  checks.start()
  await expect.poll(async () => (await ask('/?node=a')).text).toBe('b')
  ready = true
  await expect.poll(async () => (await ask('/?node=a')).text, { timeout: 3_000 }).toBe('a')
  await checks.stop()
})

test('a request that a dying node has accepted and not answered goes to another one, whole', async () => {
  const { accepted } = await rawNode('a')
  const { accepted: other } = await rawNode('b')
  await start()
  const socket = client()
  const head = 'GET /v1/connect?node=a HTTP/1.1\r\nUpgrade: websocket\r\n\r\n'
  socket.write(head)
  const dying = await accepted
  await once(dying, 'data')
  socket.write('early')
  await once(dying, 'data')
  dying.resetAndDestroy()
  const second = await other
  expect(String((await once(second, 'data'))[0])).toBe(`${head}early`)
  second.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
  expect(String((await once(socket, 'data'))[0])).toContain('101')
  socket.write('later')
  expect(String((await once(second, 'data'))[0])).toBe('later')
  expect(['a', 'b'].map(connectionsOf)).toEqual([0, 1])
})

test('it is said to one other node only, and then refused in words', async () => {
  const nodes = [await rawNode('a'), await rawNode('b'), await rawNode('c')]
  let accepts = 0
  for (const { server } of nodes) {
    server.on('connection', (socket: Socket) => {
      accepts += 1
      socket.once('data', () => socket.resetAndDestroy())
    })
  }
  await start()
  const answer = await ask('/')
  expect([answer.status, answer.retryAfter, accepts]).toEqual([503, '1', 2])
})

async function aNodeThatWillDie() {
  const { accepted } = await rawNode('a')
  const { server } = await rawNode('b')
  let seen = 0
  server.on('connection', () => (seen += 1))
  await start()
  const socket = client()
  const closed = closeOf(socket)
  socket.resume()
  return { accepted, socket, closed, seenByOther: () => seen }
}

test('a request with effects is not said again: the client hears of the death', async () => {
  const { accepted, socket, closed, seenByOther } = await aNodeThatWillDie()
  socket.write('POST /v1/messages?node=a HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}')
  const dying = await accepted
  await once(dying, 'data')
  dying.resetAndDestroy()
  await closed
  expect(seenByOther()).toBe(0)
})

test.each(['at once', 'later'])('nor is one that comes behind another, %s', async (when) => {
  const { accepted, socket, closed, seenByOther } = await aNodeThatWillDie()
  const requests = [
    'GET /?node=a HTTP/1.1\r\n\r\n',
    'POST /v1/messages HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}',
  ] as const
  if (when === 'at once') socket.write(requests.join(''))
  else socket.write(requests[0])
  const dying = await accepted
  let heard = ''
  dying.on('data', (chunk) => (heard += String(chunk)))
  await expect.poll(() => heard).not.toBe('')
  if (when === 'later') socket.write(requests[1])
  await expect.poll(() => heard).toBe(requests.join(''))
  dying.resetAndDestroy()
  await closed
  expect(seenByOther()).toBe(0)
})

test('a node that takes a handshake and says nothing loses it to another one', async () => {
  const { accepted } = await rawNode('a')
  const { accepted: other } = await rawNode('b')
  await start({ handshakeMs: 100 })
  client().write('GET /?node=a HTTP/1.1\r\nUpgrade: websocket\r\n\r\n')
  await accepted
  await other
  await counted('a').toBe(0)
})

test('what waits for a node that is found to be away, or is removed, goes elsewhere at once', async () => {
  const { accepted } = await rawNode('a')
  const { server } = await rawNode('b')
  let moved = 0
  server.on('connection', () => (moved += 1))
  await start()
  client().write('GET /?node=a HTTP/1.1\r\n\r\n')
  await once(await accepted, 'data')
  const a = nodeCalled('a')
  if (a !== undefined) pool.judge(a, 'refused')
  await expect.poll(() => moved).toBe(1)

  const { accepted: third } = await rawNode('c')
  client().write('GET /?node=c HTTP/1.1\r\n\r\n')
  await once(await third, 'data')
  pool.remove('c')
  await expect.poll(() => moved).toBe(2)
})

test('a client that says very much before its answer is passed on all the same', async () => {
  const { accepted } = await rawNode('a')
  await start()
  const socket = client()
  socket.write('GET / HTTP/1.1\r\n\r\n')
  const node = await accepted
  socket.end(Buffer.alloc(300_000, 'x'))
  expect((await everything(node)).length).toBe(300_000 + 18)
  const answer = everything(socket)
  node.end('done')
  expect(await answer).toBe('done')
  await counted('a').toBe(0)
})

test('a node is told who the client is before the first byte of the client', async () => {
  const { accepted } = await rawNode('a')
  proxy = await startEdgeServer(HOST, 0, { pool, runtime, proxyProtocol: true })
  const socket = client()
  socket.end('GET / HTTP/1.0\r\n\r\n')
  const node = await accepted
  let bytes = Buffer.alloc(0)
  node.on('data', (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])))
  await once(node, 'end')
  expect(bytes.toString('hex', 0, 20)).toBe('0d0a0d0a000d0a515549540a2111000c7f000001')
  expect(bytes.readUInt16BE(24)).toBe(socket.localPort)
  expect(bytes.toString('latin1', 28)).toBe('GET / HTTP/1.0\r\n\r\n')
})

test('when it closes over a window it takes nobody new, and ends those who are there one after the other', async () => {
  await rawNode('a')
  await start()
  const sockets = [client(), client(), client()]
  for (const socket of sockets) socket.write('GET / HTTP/1.1\r\n\r\n')
  await counted('a').toBe(3)
  let gone = 0
  for (const socket of sockets) socket.resume().once('end', () => (gone += 1))
  const closing = proxy.close(300)
  await expect.poll(() => gone, { interval: 5 }).toBe(1)
  await closing
  await expect.poll(() => gone).toBe(3)
  await start()
})
