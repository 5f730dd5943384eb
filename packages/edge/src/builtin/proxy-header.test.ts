import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainAddress } from '@skein/core'
import { proxyHeader } from './proxy-header.ts'

const hex = (client: string, edge: string) =>
  proxyHeader({ client, clientPort: 50_000, edge, edgePort: 443 }).toString('hex')

const SIGNATURE = '0d0a0d0a000d0a515549540a'

test('IPv4 and IPv6 as the specification has them', () => {
  expect(hex('203.0.113.7', '10.0.0.1')).toBe(`${SIGNATURE}2111000ccb0071070a000001c35001bb`)
  expect(hex('2001:db8::7', '::1')).toBe(
    `${SIGNATURE}2121002420010db8000000000000000000000007${'0'.repeat(31)}1c35001bb`,
  )
})

test('an address of IPv4 in the clothes of IPv6 is one of IPv4', () => {
  expect(hex('::ffff:203.0.113.7', '::ffff:10.0.0.1')).toBe(hex('203.0.113.7', '10.0.0.1'))
  expect(plainAddress('fe80::1%eth0')).toBe('fe80::1')
})

test('ends of two families are told in the larger one', () => {
  expect(hex('203.0.113.7', '::1')).toContain('00000000000000000000ffffcb007107')
})

test('a client that has no address any more is not made up', () => {
  expect(hex('', '10.0.0.1')).toBe(`${SIGNATURE}20000000`)
})

test('any IPv6 address fills its sixteen bytes', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const header = proxyHeader({ client: address, clientPort: 1, edge: '::1', edgePort: 2 })
      expect([28, 52]).toContain(header.length)
    }),
  )
})
