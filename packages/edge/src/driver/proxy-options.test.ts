import { expect, test } from 'vitest'
import { proxyOptions } from './proxy-options.ts'

const listen = { host: '0.0.0.0', port: 443 }

test('only the address is needed', () => {
  expect(proxyOptions({ listen })).toMatchObject({
    strategy: 'power-of-two',
    limits: { maxConnections: 8_000 },
    timeouts: { connectMs: 1_000 },
    trusted: [],
  })
})

test.each([
  ['listen.port', { listen: { host: 'a', port: 0 } }],
  ['limits.maxConnections', { listen, limits: { maxConnections: 0 } }],
  ['trusted.0', { listen, trusted: ['everybody'] }],
])('nonsense in %s is refused by that name', (option, given) => {
  expect(() => proxyOptions(given)).toThrow(option)
})

test('nothing that could end a line of a configuration gets into one', () => {
  const certificate = '/etc/a.pem\n  http-request deny'
  expect(() => proxyOptions({ listen, tls: { certificate } })).toThrow('tls.certificate')
  expect(() => proxyOptions({ listen: { host: '0.0.0.0;', port: 1 } })).toThrow('listen.host')
})
