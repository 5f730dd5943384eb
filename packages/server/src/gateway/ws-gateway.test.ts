import { createServer, request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { CLOSE, LIMITS, SUBPROTOCOL } from '@skein/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Encoded } from '../delivery/encoded.ts'
import { silentLogger } from '../observe/logger.ts'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import type { Connection, ConnectionHandler } from './connection.ts'
import { WsGateway, type WsGatewayOptions } from './ws-gateway.ts'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

/** A node that notes what it hears; text goes to `onMessage`. */
class Heard implements ConnectionHandler {
  readonly connection: Connection
  readonly notes: string[] = []
  onMessage: (text: string) => void = () => {}
  #waiting: (() => void)[] = []

  constructor(connection: Connection) {
    this.connection = connection
  }

  message(text: string): void {
    this.#note(text)
    this.onMessage(text)
  }
  unreadable(why: 'binary' | 'tooBig'): void {
    this.#note(why)
    if (why === 'tooBig') this.connection.close(CLOSE.messageTooBig, 'too big')
  }
  drained(): void {
    this.#note('drained')
  }
  closed(): void {
    this.#note('closed')
  }
  async heard(note: string): Promise<void> {
    while (!this.notes.includes(note)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
  #note(note: string): void {
    this.notes.push(note)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

async function setUp(options: Partial<WsGatewayOptions> = {}) {
  const server = createServer()
  const handlers: Heard[] = []
  const gateway = new WsGateway({
    accept: (connection) => {
      const heard = new Heard(connection)
      handlers.push(heard)
      return heard
    },
    limits: { maxConnections: 10 },
    runtime: new ManualRuntime(),
    logger: silentLogger,
    ...options,
  })
  gateway.attach(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  open.push(
    () => server.close(),
    () => server.closeAllConnections(),
  )
  const client = async (path = '/v1/connect') => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, SUBPROTOCOL)
    open.push(() => ws.terminate())
    await once(ws, 'open')
    const heard = handlers.at(-1)
    if (heard === undefined) throw new Error('the gateway accepted nobody')
    return { ws, heard }
  }
  const upgrade = (headers: Record<string, string>, path = '/v1/connect') =>
    new Promise<{ status: number; text: string; headers: IncomingMessage['headers'] }>((resolve, reject) => {
      const sent = request({
        port,
        path,
        host: '127.0.0.1',
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          ...headers,
        },
      })
      sent.on('upgrade', (response, socket) => {
        socket.destroy()
        resolve({ status: response.statusCode ?? 0, text: '', headers: response.headers })
      })
      sent.on('response', (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
        )
      })
      sent.on('error', reject)
      sent.end()
    })
  return { gateway, server, port, client, upgrade }
}

const received = async (ws: WebSocket, count: number): Promise<string[]> => {
  const texts: string[] = []
  return new Promise((resolve) => {
    ws.on('message', (data: Buffer) => {
      texts.push(data.toString())
      if (texts.length === count) resolve(texts)
    })
  })
}

describe('a connection', () => {
  test('carries text both ways, and several messages of one write arrive in order', async () => {
    const { client } = await setUp()
    const { ws, heard } = await client()
    expect(ws.protocol).toBe(SUBPROTOCOL)
    ws.send('hello')
    await heard.heard('hello')
    const texts = received(ws, 3)
    heard.connection.write([new Encoded('one'), new Encoded('zwei ü')])
    heard.connection.write([new Encoded('3'.repeat(70_000))])
    expect(await texts).toEqual(['one', 'zwei ü', '3'.repeat(70_000)])
    expect(heard.connection.remote).toBe('127.0.0.1')
  })

  test('what is written before a close arrives before it, whole, between pongs', async () => {
    const { client } = await setUp()
    const { ws, heard } = await client()
    const texts = received(ws, 2)
    ws.ping()
    ws.send('go')
    await heard.heard('go')
    heard.connection.write([new Encoded('a'), new Encoded('b')])
    heard.connection.close(CLOSE.draining, 'x'.repeat(500))
    heard.connection.write([new Encoded('too late')])
    const [code, reason] = await once(ws, 'close')
    expect(await texts).toEqual(['a', 'b'])
    expect([code, String(reason).length]).toEqual([CLOSE.draining, 123])
    await heard.heard('closed')
  })

  test('a binary message is told and does not close', async () => {
    const { client } = await setUp()
    const { ws, heard } = await client()
    ws.send(Buffer.from([1, 2, 3]))
    await heard.heard('binary')
    ws.send('still here')
    await heard.heard('still here')
  })

  test('a message at the limit passes; one byte more is told and closed with the code of the node', async () => {
    const { client } = await setUp()
    const { ws, heard } = await client()
    const largest = 'x'.repeat(LIMITS.messageBytes)
    ws.send(largest)
    await heard.heard(largest)
    ws.send(`${largest}y`)
    const [code] = await once(ws, 'close')
    expect(code).toBe(CLOSE.messageTooBig)
    expect(heard.notes).toContain('tooBig')
  })

  test('a peer that stops reading fills the buffer, and emptying it is told', async () => {
    const { client } = await setUp()
    const { ws, heard } = await client()
    ws.pause()
    const chunk = new Encoded('x'.repeat(1_000_000))
    while (heard.connection.bufferedBytes < 4_000_000) heard.connection.write([chunk])
    ws.resume()
    await heard.heard('drained')
    expect(heard.connection.bufferedBytes).toBe(0)
  })

  test('a bug met by one client closes only that client', async () => {
    const { client } = await setUp()
    const one = await client()
    const other = await client()
    one.heard.onMessage = () => {
      throw new Error('a bug')
    }
    one.ws.send('poison')
    const [code] = await once(one.ws, 'close')
    expect(code).toBe(CLOSE.internal)
    other.ws.send('fine')
    await other.heard.heard('fine')
  })

  test('a client that vanishes is told as closed', async () => {
    const { client, gateway } = await setUp()
    const { ws, heard } = await client()
    ws.terminate()
    await heard.heard('closed')
    expect(gateway.connections).toBe(0)
  })
})

describe('refusing an upgrade', () => {
  const protocol = { 'sec-websocket-protocol': SUBPROTOCOL }

  test('another path, a missing subprotocol and a foreign origin get one line that says what to do', async () => {
    const { upgrade } = await setUp({ allowedOrigins: ['https://shop.example'] })
    expect(await upgrade(protocol, '/elsewhere')).toMatchObject({
      status: 404,
      text: expect.stringContaining('/v1/connect'),
    })
    expect(await upgrade({})).toMatchObject({ status: 400, text: expect.stringContaining(SUBPROTOCOL) })
    expect(await upgrade({ 'sec-websocket-protocol': 'skein.v9' })).toMatchObject({ status: 400 })
    expect(await upgrade({ ...protocol, origin: 'https://evil.example' })).toMatchObject({ status: 403 })
    expect(await upgrade({ ...protocol, origin: 'https://shop.example' })).toMatchObject({ status: 101 })
    expect(
      await upgrade({ ...protocol, host: 'chat.example', origin: 'https://chat.example' }),
    ).toMatchObject({ status: 101 })
    expect(await upgrade(protocol)).toMatchObject({ status: 101 })
    const everybody = await setUp({ allowedOrigins: ['*'] })
    expect(await everybody.upgrade({ ...protocol, origin: 'https://evil.example' })).toMatchObject({
      status: 101,
    })
    expect(
      await upgrade({ 'sec-websocket-protocol': `other, ${SUBPROTOCOL}` }, '/v1/connect?x=1'),
    ).toMatchObject({
      status: 101,
      headers: expect.objectContaining(protocol),
    })
  })

  test('what is no handshake of this version is refused', async () => {
    const { upgrade } = await setUp()
    for (const bad of [{ 'sec-websocket-version': '8' }, { 'sec-websocket-key': 'short' }])
      expect(await upgrade({ ...protocol, ...bad })).toMatchObject({ status: 400 })
  })

  test('a full node and one with too many beginners say when to retry', async () => {
    const full = await setUp({ limits: { maxConnections: 1 } })
    await full.client()
    const refused = await full.upgrade(protocol)
    expect(refused.status).toBe(503)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)

    const flooded = await setUp({ maxHandshakes: 1 })
    const { ws, heard } = await flooded.client()
    expect((await flooded.upgrade(protocol)).status).toBe(503)
    ws.send('hello')
    await heard.heard('hello')
    expect((await flooded.upgrade(protocol)).status).toBe(101)
  })

  test('a stopping node refuses new clients, closes the others and is done when they are gone', async () => {
    const { gateway, client, upgrade } = await setUp()
    const { ws } = await client()
    gateway.refuseNew()
    expect((await upgrade(protocol)).status).toBe(503)
    expect(ws.readyState).toBe(WebSocket.OPEN)
    const closed = once(ws, 'close')
    await gateway.stop(5_000)
    expect((await closed)[0]).toBe(CLOSE.draining)
  })

  test('a client that speaks no WebSocket after the upgrade is closed without harm', async () => {
    const { port, client } = await setUp()
    const socket = connect(port, '127.0.0.1')
    open.push(() => socket.destroy())
    socket.write(
      'GET /v1/connect HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
    )
    await once(socket, 'data')
    socket.write('this is not a frame at all')
    socket.resume()
    await once(socket, 'close')
    const { ws, heard } = await client()
    ws.send('fine')
    await heard.heard('fine')
  })
})
