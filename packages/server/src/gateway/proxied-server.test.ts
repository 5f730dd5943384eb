import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { acceptProxyHeaders } from './proxied-server.ts'

const FROM_CLIENT = Buffer.from('0d0a0d0a000d0a515549540a2111000ccb0071070a000001c35001bb', 'hex')
const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

const undo: (() => void)[] = []
afterEach(() => {
  for (const step of undo.splice(0)) step()
})

interface Stand {
  readonly server: Server
  readonly runtime: ManualRuntime
  readonly release: () => void
  dial(): Socket
}

/** A server that answers each request with its path and the address of its client. */
async function stand(trustedProxies: readonly string[]): Promise<Stand> {
  const server = createServer(({ url, socket }, response) => {
    response.end(`${url} of ${socket.remoteAddress};`)
  })
  server.on('upgrade', ({ socket: { remoteAddress } }, socket: Socket, head: Buffer) => {
    socket.end(`upgrade of ${remoteAddress} with ${head.toString()};`)
  })
  const runtime = new ManualRuntime()
  const release = acceptProxyHeaders(server, { trustedProxies, timers: runtime.timers })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => {
    server.closeAllConnections()
    server.close()
    release()
  })
  const { port } = server.address() as AddressInfo
  const dial = (): Socket => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    undo.push(() => socket.destroy())
    return socket
  }
  return { server, runtime, release, dial }
}

function heard(socket: Socket): () => string {
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return () => text
}

const saysUntil = (socket: Socket, text: string) => {
  const said = heard(socket)
  return expect.poll(said).toContain(text)
}

test('each request of a connection has the address that the trusted proxy told at its beginning', async () => {
  const { dial } = await stand(['127.0.0.1'])
  const socket = dial()
  const said = heard(socket)
  socket.write(Buffer.concat([FROM_CLIENT, Buffer.from(request('/one'))]))
  await expect.poll(said).toContain('/one of 203.0.113.7;')
  socket.write(request('/two'))
  await expect.poll(said).toContain('/two of 203.0.113.7;')
})

test('a header in single bytes, and an upgrade behind it, arrive whole', async () => {
  const { dial } = await stand(['127.0.0.0/8'])
  const socket = dial()
  for (const byte of FROM_CLIENT) {
    socket.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst')
  await saysUntil(socket, 'upgrade of 203.0.113.7 with first;')
})

test('a trusted proxy without a header is served as itself', async () => {
  const { dial } = await stand(['127.0.0.1'])
  const socket = dial()
  socket.write(request('/plain'))
  await saysUntil(socket, '/plain of 127.0.0.1;')
})

test('a header of anybody else is no HTTP', async () => {
  const { dial } = await stand(['10.0.0.0/8'])
  const socket = dial()
  socket.write(Buffer.concat([FROM_CLIENT, Buffer.from(request('/forged'))]))
  await saysUntil(socket, '400 Bad Request')
})

test('who says nothing, or nonsense, is let go', async () => {
  const { dial, runtime, server, release } = await stand(['127.0.0.1'])
  const quiet = dial()
  await once(server, 'connection')
  await runtime.advance(30_000)
  await once(quiet, 'close')

  const wrong = dial()
  wrong.write(Buffer.from('0d0a0d0a000d0a515549540aff11000c', 'hex'))
  await once(wrong, 'close')

  const late = dial()
  await once(server, 'connection')
  release()
  await once(late, 'close')
})
