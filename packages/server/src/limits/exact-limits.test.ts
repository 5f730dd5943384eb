import { describe, expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { silentLogger } from '../observe/logger.ts'
import { ANSWER_MS } from './guarded-limits.ts'
import { MemoryLimits } from './memory-limits.ts'
import { RateLimiter } from './rate-limiter.ts'
import { DEFAULT_RATE_LIMITS, type RateLimits } from './rate-limits.ts'

const OFF: RateLimits = {
  connects: { ip: undefined, device: undefined, user: undefined, app: undefined, cluster: undefined },
  calls: { ip: undefined, app: undefined, cluster: undefined },
  messages: { device: undefined, user: undefined, app: undefined, cluster: undefined },
}

function setUp(connects: Partial<RateLimits['connects']>, { nodes = 1, isShared = true } = {}) {
  const runtime = new ManualRuntime(0)
  const shared = new MemoryLimits(runtime)
  const limits = { ...OFF, connects: { ...OFF.connects, ...connects }, calls: DEFAULT_RATE_LIMITS.calls }
  const made = Array.from(
    { length: nodes },
    () =>
      new RateLimiter({
        limits,
        ...(isShared && { shared }),
        liveNodes: () => nodes,
        trustedProxies: ['10.0.0.0/8'],
        runtime,
        logger: silentLogger,
      }),
  )
  const connect = async (node: number, user = 'ada', address = '203.0.113.7'): Promise<string> => {
    const refusal = await made[node]?.connect({ address, app: 'app', user, instance: `${user}'s phone` })
    return refusal?.code ?? 'admitted'
  }
  const many = async (count: number, ...who: Parameters<typeof connect>): Promise<number> => {
    const all = await Promise.all(Array.from({ length: count }, () => connect(...who)))
    return all.filter((verdict) => verdict === 'admitted').length
  }
  return { runtime, shared, limiters: made, connect, many }
}

describe('limits of connects', () => {
  test('are those of all nodes together', async () => {
    const { many } = setUp({ user: { perSecond: 0.1, burst: 6 } }, { nodes: 3 })
    expect([await many(4, 0), await many(4, 1), await many(4, 2)]).toEqual([4, 2, 0])
  })

  test('are divided among the nodes where nothing counts for all', async () => {
    const { many } = setUp({ user: { perSecond: 0.1, burst: 6 } }, { nodes: 3, isShared: false })
    expect([await many(4, 0), await many(4, 1), await many(4, 2)]).toEqual([2, 2, 2])
  })

  test('that do not divide are rounded up: less than one more for each node', async () => {
    const { many } = setUp({ user: { perSecond: 0.1, burst: 5 } }, { nodes: 3, isShared: false })
    expect([await many(4, 0), await many(4, 1), await many(4, 2)]).toEqual([2, 2, 2])
  })

  test("when Redis goes away, what it admitted counts in the node's own part", async () => {
    const { many, shared } = setUp({ user: { perSecond: 0.1, burst: 6 } }, { nodes: 3 })
    expect(await many(2, 0)).toBe(2)
    shared.isAway = true
    expect([await many(4, 0), await many(4, 1), await many(4, 2)]).toEqual([0, 2, 2])
  })

  test('wait for a Redis that hangs no longer than the deadline', async () => {
    const { connect, shared, runtime } = setUp({ user: { perSecond: 0.1, burst: 6 } })
    shared.answerMs = 60_000
    const answers: string[] = []
    void connect(0).then((verdict) => answers.push(verdict))
    await runtime.advance(ANSWER_MS - 1)
    expect(answers).toEqual([])
    await runtime.advance(1)
    expect(answers).toEqual(['admitted'])
  })

  test('after a few failures nobody waits: the breaker is open, says why, and closes by itself', async () => {
    const { connect, many, shared, runtime, limiters } = setUp({ user: { perSecond: 100, burst: 100 } })
    shared.isAway = true
    await many(3, 0)
    const asked = shared.questions
    expect(await many(20, 0)).toBe(20)
    expect(shared.questions).toBe(asked)
    expect(limiters[0]?.guards()[0]).toMatchObject({ state: 'open', refused: 20 })
    expect(limiters[0]?.guards()[0]?.reason).toContain('the shared limits are away')
    shared.isAway = false
    await runtime.advance(6_000)
    expect(await connect(0)).toBe('admitted')
    expect(limiters[0]?.guards()[0]?.state).toBe('closed')
  })

  test('per address never count loopback or a proxy that is trusted, and count an IPv6 network as one', async () => {
    const { many, limiters } = setUp({ ip: { perSecond: 0.1, burst: 2 } })
    expect(await many(5, 0, 'ada', '127.0.0.1')).toBe(5)
    expect(await many(5, 0, 'ada', '::1')).toBe(5)
    expect(await many(5, 0, 'ada', '10.1.2.3')).toBe(5)
    expect(await many(5, 0, 'ada', '203.0.113.7')).toBe(2)
    expect(await many(1, 0, 'ada', '2001:db8:0:1::1')).toBe(1)
    expect(await many(5, 0, 'bob', '2001:db8:0:1:ffff::2')).toBe(1)
    expect(await many(5, 0, 'bob', '2001:db8:0:2::2')).toBe(2)
    // At the door nobody is asked, and no token is checked.
    const knocks = Array.from({ length: 3 }, () => limiters[0]?.knock('198.51.100.1')?.code)
    expect(knocks).toEqual([undefined, undefined, 'tooFast'])
    expect(limiters[0]?.knock('127.0.0.1')).toBeUndefined()
  })

  test('tell who was too fast, and to come back spread over a second', async () => {
    const { limiters } = setUp({ device: { perSecond: 1, burst: 1 } })
    const ada = { address: '203.0.113.7', app: 'app', user: 'ada', instance: 'phone' }
    await limiters[0]?.connect(ada)
    const refusal = await limiters[0]?.connect(ada)
    expect(refusal).toMatchObject({
      code: 'tooFast',
      message: expect.stringContaining('connects per device'),
    })
    expect(refusal?.retryAfterMs).toBeGreaterThanOrEqual(1_000)
    expect(refusal?.retryAfterMs).toBeLessThanOrEqual(2_000)
    const names = limiters[0]?.guards().filter(({ state }) => state === 'acting')
    expect(names?.map(({ name }) => name)).toEqual(['limits.connectsPerDevice'])
  })

  test('are the same at the door: many who share an address come back spread over a second, and it shows', () => {
    const { limiters } = setUp({ ip: { perSecond: 100, burst: 2 } })
    const waits = Array.from({ length: 50 }, () => limiters[0]?.knock('198.51.100.1')?.retryAfterMs ?? 0)
    expect(waits.filter((waitMs) => waitMs > 500).length).toBeGreaterThan(10)
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_010)
    const door = limiters[0]?.guards().find(({ name }) => name === 'limits.connectsPerIp.door')
    expect(door).toMatchObject({ state: 'acting', refused: 48 })
  })
})
