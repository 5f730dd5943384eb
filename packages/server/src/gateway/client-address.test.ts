import { describe, expect, test } from 'vitest'
import { clientAddress, trustedAddresses } from './client-address.ts'

describe('the client behind proxies', () => {
  const isTrusted = trustedAddresses(['10.0.0.0/8', '127.0.0.1', 'fd00::/8'])

  test.each([
    ['nobody is asked when the peer is no proxy', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['a trusted proxy tells the client', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['what the client made up before it is ignored', '10.1.2.3', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    [
      'a chain of trusted proxies is followed',
      '127.0.0.1',
      '1.1.1.1, 198.51.100.1, 10.9.9.9',
      '198.51.100.1',
    ],
    ['mapped addresses are the same addresses', '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['IPv6 proxies count', 'fd00::1', '2001:db8::7', '2001:db8::7'],
    ['nonsense ends the search at the last good address', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['only proxies: the outermost one', '127.0.0.1', '10.0.0.1', '10.0.0.1'],
  ])('%s', (_title, peer, forwardedFor, expected) => {
    expect(clientAddress(peer, forwardedFor, isTrusted)).toBe(expected)
  })

  test('without the header it is the peer', () => {
    expect(clientAddress('10.1.2.3', undefined, isTrusted)).toBe('10.1.2.3')
  })

  test.each(['10.0.0.0/33', 'proxy.internal', '10.0.0.0/x', ''])(
    '"%s" is refused as a trusted proxy',
    (entry) => {
      expect(() => trustedAddresses([entry])).toThrow('neither an address nor a CIDR range')
    },
  )
})
