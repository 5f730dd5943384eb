import { expect, test } from 'vitest'
import { proxyOptions, type ProxyOptionsInput } from '../driver/proxy-options.ts'
import { desiredServer } from '../testing/desired-server.ts'
import { readPid } from './nginx-binary.ts'
import { renderUpstream } from './render-upstream.ts'
import { renderNginx } from './render.ts'
import { nameKey } from './words.ts'

const listen = { host: '0.0.0.0', port: 443 }
const rendered = (given: Omit<ProxyOptionsInput, 'listen'> = {}): string =>
  renderNginx(proxyOptions({ listen, ...given }))

test('an old worker lives longer than a drain, or it is refused', () => {
  expect(rendered({ timeouts: { hardStopMs: 90_000 } })).toContain('worker_shutdown_timeout 90s;')
  expect(() => rendered({ timeouts: { drainMs: 30_000, hardStopMs: 30_000 } })).toThrow('hardStopMs')
})

test('what NGINX cannot do is refused by the name of the option', () => {
  expect(() => rendered({ proxyProtocol: true })).toThrow('proxyProtocol')
  expect(() => rendered({ nodeTls: { ca: '/ca.pem' } })).toThrow('nodeTls.serverName')
})

test('nobody is believed about a client unless configured', () => {
  expect(rendered()).not.toContain('set_real_ip_from')
  expect(rendered()).toContain('proxy_set_header X-Forwarded-For $remote_addr;')
  const behind = rendered({ trusted: ['10.0.0.0/8'], acceptProxyProtocol: true })
  expect(behind).toContain('set_real_ip_from 10.0.0.0/8;')
  expect(behind).toContain('real_ip_header proxy_protocol;')
})

const near = desiredServer({ name: 'a', port: 1, weight: 200, maxConnections: 50 })
const far = desiredServer({ name: 'b', port: 2, backup: true })
const groupOf = (text: string, name: string): string =>
  new RegExp(`upstream ${name} \\{[^}]*\\}`).exec(text)?.[0] ?? ''

test('far nodes are backups, of methods that know none through the second group', () => {
  const least = renderUpstream([near, far], { strategy: 'weighted-least-connections' })
  expect(groupOf(least, 'skein')).toMatch(/127\.0\.0\.1:1 weight=200 max_conns=50 [^;]*2s;/)
  expect(groupOf(least, 'skein')).toMatch(/127\.0\.0\.1:2 [^;]* backup;/)
  for (const strategy of ['client-ip-hash', 'consistent-hash', 'power-of-two', 'sticky'] as const) {
    const text = renderUpstream([near, far], { strategy })
    expect(groupOf(text, 'skein')).not.toMatch(/backup|127\.0\.0\.1:2/)
    expect(groupOf(text, 'skein_any')).toMatch(/127\.0\.0\.1:2 [^;]* backup;/)
  }
})

test('without a near node that takes clients far ones are no backups: NGINX refuses a group of backups', () => {
  const draining = { ...near, state: 'drain', weight: 0 } as const
  const text = renderUpstream([draining, far], { strategy: 'round-robin' })
  expect(text).not.toContain('backup')
  expect(groupOf(text, 'skein')).toMatch(/127\.0\.0\.1:1 [^;]*down;/)
})

test('a draining node is down, no client is steered to it, and when all drain all are tried', () => {
  const draining = { ...near, state: 'drain', weight: 0 } as const
  const text = renderUpstream([draining, desiredServer({ name: 'c', port: 3 })], { strategy: 'round-robin' })
  expect(text).not.toContain(nameKey('a'))
  expect(text).toContain(nameKey('c'))
  expect(renderUpstream([draining], { strategy: 'round-robin' })).not.toContain('down;')
})

test('a weight of 0 is down, for NGINX has no such weight', () => {
  const text = renderUpstream([{ ...near, weight: 0 }, desiredServer({ name: 'c' })], {
    strategy: 'smooth-weighted',
  })
  expect(text).not.toContain('weight=0')
  expect(groupOf(text, 'skein')).toMatch(/127\.0\.0\.1:1 [^;]*down;/)
})

test('hashing methods get small weights: a ring of 40,000 points a node would fill memory', () => {
  const weights = (...given: readonly number[]): readonly string[] => {
    const servers = given.map((weight, index) => desiredServer({ name: `n${index}`, weight }))
    const text = renderUpstream(servers, { strategy: 'consistent-hash' })
    return [...groupOf(text, 'skein').matchAll(/weight=(\d+)/g)].map(([, weight]) => weight ?? '')
  }
  expect(weights(256, 256)).toEqual(['1', '1'])
  expect(weights(256, 128, 1)).toEqual(['10', '5', '1'])
})

test('nothing that the cluster says ends a word: names are encoded, addresses that are none are left out', () => {
  const strange = desiredServer({ name: 'x"; } evil\n', host: '10.0.0.1' })
  const text = renderUpstream([strange, desiredServer({ name: 'y', host: '1;evil' })], {
    strategy: 'round-robin',
  })
  expect(text).not.toContain('evil\n')
  expect(text).not.toContain('1;evil')
  expect(() => renderUpstream([], { strategy: 'round-robin' })).toThrow('at least one')
})

test.each([
  ['', undefined],
  ['0\n', undefined],
  ['1', undefined],
  ['-4', undefined],
  ['4711\n', 4_711],
])('the pid file %j names process %s', (text, pid) => {
  expect(readPid(text)).toBe(pid)
})
