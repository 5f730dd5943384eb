import { expect, test } from 'vitest'
import { RateLimiter } from '../limits/rate-limiter.ts'
import { DEFAULT_RATE_LIMITS } from '../limits/rate-limits.ts'
import { silentLogger } from '../observe/logger.ts'
import { createApi } from './api.ts'
import { silentNode } from './testing/silent-node.ts'

const KEY = 'k'.repeat(32)

function setUp(calls: Partial<typeof DEFAULT_RATE_LIMITS.calls>) {
  const silent = silentNode()
  const { runtime } = silent
  const rateLimits = new RateLimiter({
    limits: { ...DEFAULT_RATE_LIMITS, calls: { ...DEFAULT_RATE_LIMITS.calls, ...calls } },
    liveNodes: () => 1,
    trustedProxies: ['10.0.0.0/8'],
    runtime,
    logger: silentLogger,
  })
  const api = createApi({
    ...silent,
    apiKeys: [{ app: 'shop', key: KEY }],
    rateLimits,
  })
  const call = (peer: string, client: string) =>
    api.inject({
      url: '/v1/conversations/nothing',
      remoteAddress: peer,
      headers: { authorization: `Bearer ${KEY}`, 'x-forwarded-for': client },
    })
  return { runtime, call }
}

test('an address that calls too often is told when to come back, and another one is not kept waiting', async () => {
  const { runtime, call } = setUp({ ip: { perSecond: 1, burst: 2 } })
  const status = async (peer: string, client: string) => (await call(peer, client)).statusCode
  expect([await status('10.0.0.1', '203.0.113.7'), await status('10.0.0.1', '203.0.113.7')]).toEqual([
    404, 404,
  ])
  const refused = await call('10.0.0.1', '203.0.113.7')
  expect(refused.statusCode).toBe(429)
  expect(refused.json()).toMatchObject({ code: 'tooFast', retryAfterMs: expect.any(Number) })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  expect(await status('10.0.0.1', '198.51.100.9')).toBe(404)
  // What somebody claims who is no trusted proxy does not count.
  await status('192.0.2.1', '198.51.100.1')
  await status('192.0.2.1', '198.51.100.2')
  expect(await status('192.0.2.1', '198.51.100.3')).toBe(429)
  await runtime.advance(1_000)
  expect(await status('10.0.0.1', '203.0.113.7')).toBe(404)
})

test('an app that is full is answered 503, and loopback is limited by that alone', async () => {
  const { call } = setUp({ ip: { perSecond: 1, burst: 1 }, app: { perSecond: 1, burst: 3 } })
  const statuses: number[] = []
  for (let i = 0; i < 4; i++) statuses.push((await call('127.0.0.1', '127.0.0.1')).statusCode)
  expect(statuses).toEqual([404, 404, 404, 503])
})
