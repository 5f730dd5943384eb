import { once } from 'node:events'
import { createServer as createHttpServer, get } from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Backends } from './backends.ts'
import { startProxy, type Proxy, type ProxyLimits } from './proxy.ts'
import { followReadiness } from './readiness.ts'

const HOST = '127.0.0.1'
let backends: Backends
let proxy: Proxy
const undo: (() => void)[] = []

const start = async (limits: Partial<ProxyLimits> = {}): Promise<void> => {
  proxy = await startProxy(HOST, 0, { backends, roll: () => 0, limits })
}

beforeEach(() => {
  backends = new Backends()
})

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

const add = (name: string, port: number): void => backends.add({ name, host: HOST, port })

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

const counted = (name: string) => expect.poll(() => backends.connectionsOf(name))

test('a request goes to the node that it names, else to the one with the fewest connections', async () => {
  await httpNode('a')
  await httpNode('b')
  await start()
  expect((await ask('/?node=b')).text).toBe('b')
  await counted('b').toBe(0)
  const held = backends.all().find(({ name }) => name === 'a')
  const leave = held && backends.occupy(held)
  expect((await ask('/')).text).toBe('b')
  leave?.()
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
  expect(['a', 'b', 'c'].map((name) => backends.connectionsOf(name)).slice(0, 2)).toEqual([0, 0])
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
  dying.write('GET / HTTP/1.1\r\n')
  const node = await accepted
  const told = closeOf(node)
  node.resume()
  dying.resetAndDestroy()
  await told
  await counted('a').toBe(0)

  const { accepted: other } = await rawNode('b')
  const socket = client()
  socket.write('GET /?node=b HTTP/1.1\r\n')
  socket.resume()
  const closed = closeOf(socket)
  const dead = await other
  await once(dead, 'data')
  dead.resetAndDestroy()
  await closed
  await counted('b').toBe(0)
})

test('a client that does not read holds up its node, not our memory', async () => {
  const { accepted } = await rawNode('a')
  await start()
  const socket = client()
  socket.pause()
  socket.write('GET / HTTP/1.1\r\n')
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
  await start({ firstLineMs: 100 })
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
  client().write('GET / HTTP/1.1\r\n')
  await accepted
  expect(await everything(client())).toBe('')
  expect(backends.connectionsOf('a')).toBe(1)
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
  const stop = new AbortController()
  const following = followReadiness(backends, stop.signal)
  await expect.poll(async () => (await ask('/?node=a')).text).toBe('b')
  ready = true
  await expect.poll(async () => (await ask('/?node=a')).text, { timeout: 3_000 }).toBe('a')
  stop.abort()
  await following
})

test('a node that is started again is counted anew', () => {
  add('a', 1)
  const [old] = backends.all()
  const leave = old && backends.occupy(old)
  backends.remove('a')
  add('a', 2)
  leave?.()
  expect(backends.connectionsOf('a')).toBe(0)
  if (old !== undefined) backends.setReady(old, false)
  expect(backends.choose({ wanted: undefined, tried: new Set(), roll: 0 })?.port).toBe(2)
})
