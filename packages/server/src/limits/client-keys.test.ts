import { expect, test } from 'vitest'
import { trustedAddresses } from '../gateway/client-address.ts'
import { addressKey } from './client-keys.ts'

const isTrusted = trustedAddresses(['10.0.0.0/8'])
const key = (address: string): string | undefined => addressKey(address, isTrusted)

test('an address of IPv4 counts by itself, mapped or not', () => {
  for (const address of ['203.0.113.7', '::ffff:203.0.113.7', '::ffff:cb00:7107'])
    expect(key(address)).toBe('203.0.113.7')
})

test('addresses of one /64 count as one', () => {
  expect(key('2001:db8:1:2::7')).toBe(key('2001:0DB8:1:2:a:b:c:d'))
  expect(key('2001:db8:1:3::7')).not.toBe(key('2001:db8:1:2::7'))
})

test('those that many share, or nobody is, are not counted', () => {
  for (const address of [
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '::ffff:127.0.0.1',
    '10.1.2.3',
    '::ffff:a01:203',
    '',
    'x',
  ])
    expect(key(address)).toBeUndefined()
})
