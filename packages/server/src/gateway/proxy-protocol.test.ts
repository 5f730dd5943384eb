import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_PROXY_ADDRESS_BYTES, readProxyHeader } from './proxy-protocol.ts'

const SIGNATURE = '0d0a0d0a000d0a515549540a'
const header = (hex: string) => Buffer.from(SIGNATURE + hex.replaceAll(' ', ''), 'hex')

/** 203.0.113.7:50000 to 10.0.0.1:443. */
const TCP4 = header('21 11 000c cb007107 0a000001 c350 01bb')
/** 2001:db8::7 to ::1. */
const TCP6 = header('21 21 0024 20010db8000000000000000000000007 00000000000000000000000000000001 c350 01bb')

test('the client is the source address', () => {
  expect(readProxyHeader(TCP4)).toEqual({ is: 'complete', bytes: 28, client: '203.0.113.7' })
  expect(readProxyHeader(TCP6)).toEqual({ is: 'complete', bytes: 52, client: '2001:db8::7' })
})

test('IPv4 that a proxy has mapped into IPv6 is IPv4, or all of it would share one limit', () => {
  const mapped = '00000000000000000000ffff'
  const header6 = header(`21 21 0024 ${mapped}cb007107 ${mapped}0a000001 c350 01bb`)
  expect(readProxyHeader(header6)).toMatchObject({ is: 'complete', client: '203.0.113.7' })
})

test('what follows the header is not part of it, remarks of the proxy are', () => {
  const request = Buffer.from('GET / HTTP/1.1\r\n\r\n')
  expect(readProxyHeader(Buffer.concat([TCP4, request]))).toMatchObject({ is: 'complete', bytes: 28 })
  const remark = header('21 11 0010 cb007107 0a000001 c350 01bb 04 0001 00')
  expect(readProxyHeader(remark)).toEqual({ is: 'complete', bytes: 32, client: '203.0.113.7' })
})

test('a proxy that speaks for itself, or of something else than TCP, names no client', () => {
  expect(readProxyHeader(header('20 00 0000'))).toEqual({ is: 'complete', bytes: 16, client: undefined })
  expect(readProxyHeader(header('21 00 0000'))).toEqual({ is: 'complete', bytes: 16, client: undefined })
})

test('a header in pieces is waited for, whatever the pieces', () => {
  fc.assert(
    fc.property(fc.constantFrom(TCP4, TCP6), fc.nat({ max: 27 }), (whole, length) => {
      expect(readProxyHeader(whole.subarray(0, length))).toEqual({ is: 'incomplete' })
    }),
  )
})

test('HTTP is no header, and that shows at its first byte', () => {
  expect(readProxyHeader(Buffer.from('G'))).toEqual({ is: 'absent' })
  expect(readProxyHeader(Buffer.from('\r\nGET / HTTP/1.1\r\n'))).toEqual({ is: 'absent' })
})

test.each([
  ['another version', '31 11 000c cb007107 0a000001 c350 01bb'],
  ['an unknown command', '22 11 000c cb007107 0a000001 c350 01bb'],
  ['addresses that are too short', '21 11 0004 cb007107'],
  ['addresses that are too long', `21 11 ${(MAX_PROXY_ADDRESS_BYTES + 1).toString(16).padStart(4, '0')}`],
])('%s is refused', (_title, hex) => {
  expect(readProxyHeader(header(hex)).is).toBe('invalid')
})

test('whatever bytes come, there is an answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(readProxyHeader(Buffer.concat([header(''), bytes])).is).toMatch(
        /^(incomplete|invalid|complete)$/,
      )
    }),
  )
})
