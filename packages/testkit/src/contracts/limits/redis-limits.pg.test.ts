import { setTimeout as sleep } from 'node:timers/promises'
import {
  DEFAULT_RATE_LIMITS,
  openRedisLimits,
  RateLimiter,
  type RedisLimits,
  silentLogger,
  systemRuntime,
} from '@skein/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RedisProcess } from '../../cluster-bed/redis-process.ts'
import { limitsContract } from './limits-contract.ts'

let server: RedisProcess

beforeAll(async () => {
  server = await RedisProcess.redis()
})
afterAll(() => server.dispose())

const runtime = systemRuntime()
const open = (prefix?: string): RedisLimits => openRedisLimits(server.url, runtime, prefix)
const one = [{ key: 'k', limit: { perSecond: 10, burst: 20 }, cost: 5 }]

limitsContract('limits on Redis', async () => {
  await server.command('FLUSHALL')
  const opened: RedisLimits[] = []
  const another = (): RedisLimits => {
    const limits = open()
    opened.push(limits)
    return limits
  }
  return {
    another,
    async dispose() {
      await Promise.all(opened.map((limits) => limits.close()))
    },
  }
})

describe('limits on Redis', () => {
  test('nothing stays behind: a key ends when its limit is whole again', async () => {
    const limits = open('traces:')
    await limits.takeAll(one)
    expect(await server.command('PTTL {traces:limits}:k')).toMatch(/^:(4[5-9]\d|50[0-2])\r\n$/)
    await sleep(600)
    expect(await server.command('EXISTS {traces:limits}:k')).toBe(':0\r\n')
    await limits.close()
  })

  test('a Redis that lost its scripts is given them again', async () => {
    const limits = open('scripts:')
    await limits.takeAll(one)
    await server.command('SCRIPT FLUSH')
    expect(await limits.takeAll(one)).toEqual({ admitted: true })
    await limits.close()
  })

  test('a state from a clock that was ahead counts as a limit that is used up, not as one that is shut', async () => {
    const limits = open('clock:')
    const farAheadMicros = (Date.now() + 3_600_000) * 1_000
    await server.command(`SET {clock:limits}:k ${farAheadMicros}`)
    const refused = await limits.takeAll(one)
    expect(refused).toMatchObject({ admitted: false })
    expect(!refused.admitted && refused.retryAfterMs).toBeLessThanOrEqual(500)
    await limits.close()
  })

  test('two clusters on one Redis have their own limits', async () => {
    const [a, b] = [open('a:'), open('b:')]
    const all = [{ key: 'k', limit: { perSecond: 0.01, burst: 1 }, cost: 1 }]
    expect((await a.takeAll(all)).admitted).toBe(true)
    expect((await b.takeAll(all)).admitted).toBe(true)
    expect((await a.takeAll(all)).admitted).toBe(false)
    await Promise.all([a.close(), b.close()])
  })
})

describe('nodes with limits on Redis', () => {
  const limits = {
    ...DEFAULT_RATE_LIMITS,
    connects: { ...DEFAULT_RATE_LIMITS.connects, user: { perSecond: 0.1, burst: 9 }, device: undefined },
    messages: {
      device: undefined,
      user: { perSecond: 20, burst: 40 },
      app: undefined,
      cluster: undefined,
    },
  }
  const nodes = (count: number): RateLimiter[] =>
    Array.from({ length: count }, () => {
      const shared = open('nodes:')
      return new RateLimiter({ limits, shared, liveNodes: () => count, runtime, logger: silentLogger })
    })
  const ada = { address: '203.0.113.7', app: 'app', user: 'ada', instance: undefined }
  const connects = async (limiters: readonly RateLimiter[], each: number): Promise<number> => {
    const asked = limiters.flatMap((limiter) => Array.from({ length: each }, () => limiter.connect(ada)))
    return (await Promise.all(asked)).filter((refusal) => refusal === undefined).length
  }

  test('together they let a user connect exactly as often as was promised; Redis away, each its part', async () => {
    await server.command('FLUSHALL')
    const three = nodes(3)
    expect(await connects(three, 20)).toBe(9)
    await server.kill()
    // What Redis admitted is charged to the nodes' own parts: there is no second burst.
    expect(await connects(three, 20)).toBeLessThanOrEqual(9)
    const others = nodes(3)
    expect(await connects(others, 20)).toBe(9)
    await sleep(800)
    for (let i = 0; i < 3; i++) await connects(others, 1)
    const [breaker] = others[0]?.guards() ?? []
    expect(breaker).toMatchObject({ name: 'redis.limits', kind: 'breaker', state: 'open' })
    expect(breaker?.reason).toContain('its own part')
    await server.start()
    await expect
      .poll(
        async () => {
          await connects(others, 1)
          return others.map((limiter) => limiter.guards()[0]?.state)
        },
        { timeout: 20_000, interval: 100 },
      )
      .toEqual(['closed', 'closed', 'closed'])
    await Promise.all([...three, ...others].map((limiter) => limiter.close()))
  }, 40_000)

  test('together they admit of a user what was promised, and a slice more at most; nobody asks for each send', async () => {
    await server.command('FLUSHALL')
    const three = nodes(3)
    const senders = three.map((limiter) => limiter.sender(ada))
    const before = await questionsTo(server)
    const beganMs = performance.now()
    let admitted = 0
    let sends = 0
    while (performance.now() - beganMs < 3_000) {
      for (const sender of senders) {
        if (sender.held > 0) continue
        sends++
        const verdict = sender.take(performance.now())
        if (verdict === 'admitted') admitted++
        else if (verdict === 'wait')
          sender.hold(performance.now(), (refusal) => (admitted += refusal === undefined ? 1 : 0))
      }
      await sleep(2)
    }
    const elapsedMs = performance.now() - beganMs
    // Rate × (window + half a lease) + burst; the nodes' own parts are rounded down, so some of it is not used.
    expect(admitted).toBeLessThanOrEqual(20 * (elapsedMs / 1_000 + 0.5) + 40)
    expect(admitted).toBeGreaterThanOrEqual(0.8 * 20 * (elapsedMs / 1_000) + 30)
    expect(sends).toBeGreaterThan(1_000)
    expect((await questionsTo(server)) - before).toBeLessThan(150)
    await Promise.all(three.map((limiter) => limiter.close()))
  }, 20_000)
})

async function questionsTo(redis: RedisProcess): Promise<number> {
  const stats = await redis.command('INFO commandstats')
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1])
}
