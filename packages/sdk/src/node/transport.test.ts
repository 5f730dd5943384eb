import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { webSocketTransportOn, type WebSocketClass } from '../connection/web-socket.ts'
import { nodeTransport } from './transport.ts'

test('speaks skein.v1 over the class that is passed', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (socket) =>
    socket.on('message', (data) => socket.send(`${socket.protocol} ${String(data)}`)),
  )
  const { port } = server.address() as AddressInfo
  const said: string[] = []
  await new Promise<void>((resolve) => {
    const transport = nodeTransport(WebSocket)(`ws://127.0.0.1:${port}`, {
      opened: () => transport.send('hi'),
      message(text) {
        said.push(text)
        transport.close(4201, 'enough')
      },
      closed(code, reason) {
        said.push(`${code} ${reason}`)
        resolve()
      },
    })
  })
  expect(said).toEqual(['skein.v1 hi', '4201 enough'])
  await new Promise((resolve) => server.close(resolve))
})

test('a server that is not there is a closed connection, not an error', async () => {
  const code = await new Promise((resolve) => {
    nodeTransport(WebSocket)('ws://127.0.0.1:1', { opened: () => {}, message: () => {}, closed: resolve })
  })
  expect(code).toBe(1006)
})

test("the browser's class and the one of ws both fit", () => {
  const classes: WebSocketClass[] = [WebSocket]
  if ('WebSocket' in globalThis) classes.push(globalThis.WebSocket)
  expect(classes.map(webSocketTransportOn)).toHaveLength(classes.length)
})
