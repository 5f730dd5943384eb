import { isIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressGroups, plainAddress, v6Network } from './ip-address.ts'

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:cb00:7107', '203.0.113.7'],
  ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'],
  ['2001:db8::7', '2001:db8::7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:0:0:1', '::ffff:0:0:1'],
  ['', ''],
  ['ada', 'ada'],
])('%s is %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain)
})

test('an address has eight groups as the platform spells it, and what is none has none', () => {
  const near = fc.string({ unit: fc.constantFrom(':', '0', 'f', '.'), maxLength: 20 })
  const canonical = (text: string): string => new URL(`http://[${text}]`).hostname
  fc.assert(
    fc.property(fc.oneof(fc.ipV6(), fc.ipV4(), fc.string(), near), (address) => {
      fc.pre(!address.includes('%'))
      const groups = addressGroups(address)
      expect(groups !== undefined).toBe(isIP(address) !== 0)
      if (groups === undefined) return
      const spelled = groups.map((group) => group.toString(16)).join(':')
      expect(canonical(spelled)).toBe(canonical(isIP(address) === 4 ? `::ffff:${address}` : address))
    }),
    { numRuns: 500 },
  )
})

test('what one customer has is one network, however it is spelled', () => {
  expect(v6Network('2001:0DB8:1:2:3:4:5:6')).toBe('2001:db8:1:2')
  expect(v6Network('2001:db8:1:2::')).toBe('2001:db8:1:2')
  expect(v6Network('203.0.113.7')).toBeUndefined()
})
