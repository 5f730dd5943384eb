import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { MAX_HEAD_BYTES, readRequestHead } from './request-head.ts'

const read = (text: string) => readRequestHead(Buffer.from(text, 'latin1'))

const UPGRADE =
  'GET /v1/connect?node=node-2 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'

test('an upgrade may be said again, and names its node', () => {
  expect(read(UPGRADE)).toEqual({ is: 'complete', node: 'node-2', repeatable: true, upgrade: true })
})

test.each([
  ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', true],
  ['GET / HTTP/1.0\n\n', true],
  ['HEAD / HTTP/1.1\r\n\r\n', true],
  ['GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc', false],
  ['GET / HTTP/1.1\r\ntransfer-encoding : chunked\r\n\r\n', false],
  ['POST / HTTP/1.1\r\n\r\n', false],
  ['DELETE / HTTP/1.1\r\n\r\n', false],
  ['POST /v1/connect HTTP/1.1\r\nUpgrade: websocket\r\n\r\n', false],
  ['GET / HTTP/1.1\r\n\r\nPOST /v1/tokens HTTP/1.1\r\n\r\n', false],
])('%j may be said again: %s', (text, repeatable) => {
  expect(read(text)).toMatchObject({ is: 'complete', repeatable, upgrade: false })
})

test('a head in pieces is waited for, whatever the pieces; what follows changes nothing', () => {
  fc.assert(
    fc.property(fc.nat({ max: UPGRADE.length - 1 }), fc.string({ unit: 'binary-ascii' }), (length, more) => {
      expect(read(UPGRADE.slice(0, length))).toEqual({ is: 'incomplete' })
      expect(read(UPGRADE + more)).toEqual(read(UPGRADE))
    }),
  )
})

test('a long address is taken apart once, not with every byte that comes behind it', () => {
  const taken = vi.spyOn(URLSearchParams.prototype, 'get')
  const line = `GET /?${'a&'.repeat(5_000)} HTTP/1.1\r\n`
  for (let length = 0; length < 100; length++) read(line + 'x'.repeat(length))
  read(`${line}\r\n`)
  expect(taken).toHaveBeenCalledTimes(1)
  taken.mockRestore()
})

test('a head without end is not waited for', () => {
  const endless = `GET / HTTP/1.1\r\nX: ${'a'.repeat(MAX_HEAD_BYTES)}`
  expect(read(endless).is).toBe('headTooLong')
  expect(read(`${endless}\r\n\r\n`).is).toBe('headTooLong')
  expect(read(endless.slice(0, MAX_HEAD_BYTES - 1)).is).toBe('incomplete')
  expect(read(`GET /${'a'.repeat(MAX_HEAD_BYTES)}`).is).toBe('lineTooLong')
})

test('what is not HTTP is told as soon as it shows', () => {
  expect(read('\x16\x03\x01').is).toBe('notHttp')
})
