import { expect, test } from 'vitest'
import type { WebSocketLike } from '../connection/web-socket.ts'
import { nodeTransport } from './transport.ts'

/** A WebSocket as `ws` and browsers make it. */
class FakeSocket extends EventTarget {
  static last: FakeSocket | undefined
  readonly asked: readonly [url: string, protocol: string]
  readonly sent: string[] = []

  constructor(url: string, protocol: string) {
    super()
    this.asked = [url, protocol]
    FakeSocket.last = this
  }

  send(text: string): void {
    this.sent.push(text)
  }

  close(code = 1000, reason = ''): void {
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason }))
  }
}

const fakeClass = FakeSocket as unknown as new (url: string, protocol: string) => WebSocketLike

test('CONN1 speaks skein.v1 over the class that is passed, and tells its end once', () => {
  const told: unknown[] = []
  const transport = nodeTransport(fakeClass)('ws://one', {
    opened: () => told.push('opened'),
    message: (text) => told.push(text),
    closed: (code, reason) => told.push([code, reason]),
  })
  const socket = FakeSocket.last!
  expect(socket.asked).toEqual(['ws://one', 'skein.v1'])
  socket.dispatchEvent(new Event('open'))
  transport.send('hi')
  socket.dispatchEvent(Object.assign(new Event('message'), { data: 'hello' }))
  socket.dispatchEvent(new Event('error'))
  transport.close(4201, 'enough')
  socket.close(1006)
  expect(socket.sent).toEqual(['hi'])
  expect(told).toEqual(['opened', 'hello', [4201, 'enough']])
})

test('finds a class by itself: its own, else the one of ws', async () => {
  const transport = await nodeTransport()
  const code = await new Promise((resolve) => {
    transport('ws://127.0.0.1:1', { opened: () => {}, message: () => {}, closed: resolve })
  })
  expect(code).toBe(1006)
})
