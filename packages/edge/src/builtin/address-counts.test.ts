import { expect, test } from 'vitest'
import { AddressCounts } from './address-counts.ts'

test('an address has so many connections and no more, until one leaves', () => {
  const counts = new AddressCounts(2)
  expect([1, 2, 3].map(() => counts.enter('203.0.113.7'))).toEqual([true, true, false])
  expect(counts.enter('203.0.113.8')).toBe(true)
  expect(counts.enter('::ffff:203.0.113.7')).toBe(false)
  counts.leave('203.0.113.7')
  expect(counts.enter('203.0.113.7')).toBe(true)
})

test('of IPv6 a whole /64 is one client', () => {
  const counts = new AddressCounts(1)
  expect(counts.enter('2001:db8::1')).toBe(true)
  expect(counts.enter('2001:db8::2:3')).toBe(false)
  expect(counts.enter('2001:db8:0:1::1')).toBe(true)
})

test('whoever sits on this machine is not counted, and 0 counts nobody', () => {
  const counts = new AddressCounts(1)
  expect(['127.0.0.1', '127.0.0.1', '::1', '::1', '::ffff:127.0.0.1'].map((ip) => counts.enter(ip))).toEqual([
    true,
    true,
    true,
    true,
    true,
  ])
  const any = new AddressCounts(0)
  expect([1, 2].map(() => any.enter('203.0.113.7'))).toEqual([true, true])
})

test('nothing is kept of those who have left', () => {
  const counts = new AddressCounts(5)
  counts.enter('203.0.113.7')
  counts.enter('203.0.113.7')
  counts.leave('203.0.113.7')
  counts.leave('203.0.113.7')
  expect(counts.addresses).toBe(0)
})
