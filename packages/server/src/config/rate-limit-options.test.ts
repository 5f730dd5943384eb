import { expect, test } from 'vitest'
import { DEFAULT_RATE_LIMITS } from '../limits/rate-limits.ts'
import { readNodeConfig } from './node-config.ts'
import { rateLimit } from './rate-limit-options.ts'

const read = (env: Record<string, string> = {}) =>
  readNodeConfig({
    flags: {},
    env: {
      SKEIN_JWT_SECRET: 'a-secret-of-more-than-32-characters-x',
      DATABASE_URL: 'postgres://skein@db.internal:5432/skein',
      ...env,
    },
  }).rateLimits

test('limits are on unless told, and none of the defaults contradicts another', () => {
  expect(read()).toEqual(DEFAULT_RATE_LIMITS)
})

test('a limit is a rate and a burst; 0 turns it off', () => {
  const limits = read({ SKEIN_MESSAGES_PER_USER: '0', SKEIN_CONNECTS_PER_DEVICE: '0.5/3' })
  expect(limits.messages.user).toBeUndefined()
  expect(limits.connects.device).toEqual({ perSecond: 0.5, burst: 3 })
})

test('nonsense is refused with the value and what is allowed', () => {
  for (const text of ['', '5', '0/5', '5/0', '-1/5', '5/1.5', '1e3/5', '2000000/5', '5/99999999', '0.001/5'])
    expect([text, rateLimit.parse(text)]).toEqual([text, undefined])
  expect(() => read({ SKEIN_CALLS_PER_APP: 'many' })).toThrow(
    'callsPerApp: "many" from SKEIN_CALLS_PER_APP must be RATE/BURST (50/500',
  )
})

test('an inner limit that promises more than an outer one allows is refused with both', () => {
  expect(() => read({ SKEIN_MESSAGES_PER_USER: '10/1000' })).toThrow(
    'perSecond of messagesPerDevice (50) must not be above that of messagesPerUser (10), which holds it.',
  )
  expect(() => read({ SKEIN_CONNECTS_PER_IP: '100/90000' })).toThrow(
    'burst of connectsPerIp (90000) must not be above that of connectsPerCluster (50000)',
  )
  expect(() => read({ SKEIN_CALLS_PER_CLUSTER: '10/10', SKEIN_CALLS_PER_IP: '0' })).toThrow('callsPerApp')
  expect(() => read({ SKEIN_MESSAGES_PER_USER: '10/1000', SKEIN_MESSAGES_PER_DEVICE: '0' })).not.toThrow()
})

test('what is shown is read again as the same', () => {
  expect(rateLimit.parse(rateLimit.show({ perSecond: 0.5, burst: 3 }))).toEqual({ perSecond: 0.5, burst: 3 })
  expect(rateLimit.parse(rateLimit.show('off'))).toBe('off')
})
