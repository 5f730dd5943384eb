import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NODE_OPTIONS } from '../config/node-options.ts'
import { defaultName } from './default-name.ts'

const named = (host: string, port = 7777): string => defaultName(host, port, seededRandom(1))

test('a node is called by its host and port', () => {
  expect(named('4f3a9c8b7d2e')).toBe('4f3a9c8b7d2e-7777')
  expect(named('chat_1.example')).toBe('chat-1-example-7777')
  expect(named('')).toBe('node-7777')
  expect(named('laptop', 0)).toMatch(/^laptop-[a-z0-9]{6}$/)
})

test('long host names that differ anywhere make different names, and pods keep their end', () => {
  const hosts = [
    'chat-backend-skein-node-7f9c6d5b8-x2k9q',
    'chat-backend-skein-node-7f9c6d5b8-m4t7w',
    'ip-10-100-123-45.eu-central-1.compute.internal',
    'ip-10-100-123-46.eu-central-1.compute.internal',
  ]
  expect(new Set(hosts.map((host) => named(host))).size).toBe(hosts.length)
  expect(named(hosts[0] ?? '')).toMatch(/^chat-backe-[a-z0-9]{7}-x2k9q-7777$/)
})

test('whatever the host is called, the name is one that may be configured', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 64 }), fc.integer({ min: 0, max: 65_535 }), (host, port) => {
      const name = named(host, port)
      expect(NODE_OPTIONS.name.setting.parse(name)).toBe(name)
    }),
  )
})
