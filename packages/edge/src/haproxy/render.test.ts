import { expect, test } from 'vitest'
import { proxyOptions, type ProxyOptionsInput } from '../driver/proxy-options.ts'
import { renderHaproxy } from './render.ts'
import { isSupported } from './version.ts'

const socket = '/run/haproxy/skein.sock'
const render = (given: Partial<ProxyOptionsInput> = {}, slots = 4): string =>
  renderHaproxy(proxyOptions({ listen: { host: '::', port: 443 }, ...given }), { socket, slots })

test('nothing cuts WebSockets for what an agent says, and newcomers start slowly', () => {
  expect(render()).not.toContain('on-marked-down')
  expect(render()).toContain('slowstart 10000ms')
  expect(render({ slowStartMs: 0 })).not.toContain('slowstart')
})

test('a limit of 0 is none', () => {
  const limits = { maxPerAddress: 0, connectsPerSecondPerAddress: 0, requestsPerSecondPerAddress: 0 }
  expect(render({ limits })).not.toMatch(/429|reject/)
})

test('without a zone there are no backups, with one there are slots for them', () => {
  expect(render()).not.toContain('backup')
  expect(render({ home: { zone: 'a', region: 'eu' } })).toMatch(/server-template far 1-32 .* backup\n/)
})

test('a key that HAProxy would not find, too many slots, and a socket that would end its line are refused', () => {
  const certificate = '/etc/tls/cert.pem'
  expect(() => render({ tls: { certificate, key: '/etc/tls/key.pem' } })).toThrow(
    'tls.key: HAProxy reads the key',
  )
  expect(render({ tls: { certificate, key: `${certificate}.key` } })).toContain(
    `ssl crt ${certificate} alpn h2,http/1.1`,
  )
  expect(() => render({}, 257)).toThrow('slots must be a whole number from 1 to 256, got 257')
  const files = { socket: '/run/x\n  daemon' }
  expect(() => renderHaproxy(proxyOptions({ listen: { host: '::', port: 1 } }), files)).toThrow('socket')
})

test.each([
  ['2.2.9', false],
  ['2.4.0', true],
  ['2.6.12-1+deb12u4', true],
  ['3.1-dev2', true],
  ['1.8', false],
  ['', false],
])('HAProxy %s is supported: %s', (version, supported) => {
  expect(isSupported(version)).toBe(supported)
})
