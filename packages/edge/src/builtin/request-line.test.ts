import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_REQUEST_LINE_BYTES, nodeIn, readRequestLine } from './request-line.ts'

const read = (text: string) => readRequestLine(Buffer.from(text, 'latin1'))

test('the node that is asked for is found in the address', () => {
  expect(read('GET /v1/connect?node=node-2 HTTP/1.1\r\nHost: x')).toEqual({
    is: 'complete',
    target: '/v1/connect?node=node-2',
  })
  expect(nodeIn('/v1/connect?node=node-2')).toBe('node-2')
  expect(nodeIn('/v1/connect?a=1&node=n%2D1&b')).toBe('n-1')
  for (const target of ['/', '/?node=', '/?nodes=a', '/node=a']) expect(nodeIn(target)).toBeUndefined()
})

test('a line in pieces is waited for, whatever the pieces', () => {
  const line = 'POST /v1/cluster?node=a HTTP/1.1\r\n'
  fc.assert(
    fc.property(fc.nat({ max: line.length - 1 }), (length) => {
      expect(read(line.slice(0, length))).toEqual({ is: 'incomplete' })
    }),
  )
})

test('what is not HTTP is told as soon as it shows', () => {
  expect(read('\x16\x03\x01').is).toBe('notHttp')
  expect(read('hello').is).toBe('notHttp')
  expect(read('GET /\r\n').is).toBe('notHttp')
  expect(read('PRI * HTTP/2.0\r\n').is).toBe('notHttp')
})

test('an address without end is not waited for', () => {
  const long = `GET /${'a'.repeat(MAX_REQUEST_LINE_BYTES)}`
  expect(read(long).is).toBe('tooLong')
  expect(read(`${long} HTTP/1.1\r\n`).is).toBe('tooLong')
  expect(read(long.slice(0, MAX_REQUEST_LINE_BYTES - 1)).is).toBe('incomplete')
})

test('whatever bytes come, there is an answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(readRequestLine(Buffer.from(bytes)).is).toMatch(/./)
    }),
  )
})
