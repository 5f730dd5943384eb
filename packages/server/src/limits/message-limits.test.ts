import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { silentLogger } from '../observe/logger.ts'
import { GuardedLimits } from './guarded-limits.ts'
import { MemoryLimits } from './memory-limits.ts'
import { MessageLimits, type SendVerdict } from './message-limits.ts'
import { MAX_HOLD_MS, type MessageSender } from './message-sender.ts'
import type { LimitRefusal, Limits, MessageScope } from './rate-limits.ts'

const NONE: Limits<MessageScope> = { device: undefined, user: undefined, app: undefined, cluster: undefined }

/** Nodes that share limits; without `answerMs` there is nothing that counts for all. */
function setUp(limits: Partial<Limits<MessageScope>>, { nodes = 1, answerMs = -1 } = {}) {
  const runtime = new ManualRuntime(0)
  const shared = new MemoryLimits(runtime)
  shared.answerMs = answerMs
  const made = Array.from({ length: nodes }, () => {
    const guarded = answerMs < 0 ? undefined : new GuardedLimits({ shared, runtime, logger: silentLogger })
    return new MessageLimits({
      limits: { ...NONE, ...limits },
      shared: guarded,
      liveNodes: () => nodes,
      runtime,
    })
  })
  const first = made[0]
  if (first === undefined) throw new Error('there is one')
  return { runtime, shared, nodes: made, limits: first }
}

const code = (verdict: SendVerdict): string => (typeof verdict === 'string' ? verdict : verdict.code)

const times = (count: number, sender: MessageSender, nowMs: number): string[] =>
  Array.from({ length: count }, () => code(sender.take(nowMs)))

/** All that an outbox with plenty gets through in a minute: it comes back when it was told to. */
async function sentInMinute({ runtime, limits }: ReturnType<typeof setUp>): Promise<number> {
  const sender = limits.sender('app', 'ada', undefined)
  const untilMs = runtime.nowMs + 60_000
  let sent = 0
  let againAtMs = 0
  const told = (refusal: LimitRefusal | undefined): void => {
    if (refusal === undefined) sent++
    else againAtMs = runtime.nowMs + refusal.retryAfterMs
  }
  while (runtime.nowMs < untilMs) {
    for (let left = 20; left > 0 && sender.held < 20 && runtime.nowMs >= againAtMs; left--) {
      const verdict = sender.take(runtime.nowMs)
      if (verdict === 'wait') sender.hold(runtime.nowMs, told)
      else told(verdict === 'admitted' ? undefined : verdict)
    }
    await runtime.advance(10)
  }
  return sent
}

/** The most over any window, above rate × window. */
function mostAbove(timesMs: readonly number[], perSecond: number): number {
  let most = 0
  for (const [from, fromMs] of timesMs.entries()) {
    for (let to = from; to < timesMs.length; to++)
      most = Math.max(most, to - from + 1 - (perSecond * ((timesMs[to] ?? 0) - fromMs)) / 1_000)
  }
  return most
}

describe('message limits without anything that counts for all nodes', () => {
  test('a user has its burst, then its rate, over all of its sessions', async () => {
    const { limits, runtime } = setUp({ user: { perSecond: 10, burst: 5 } })
    const [phone, laptop] = [limits.sender('app', 'ada', 'phone'), limits.sender('app', 'ada', 'laptop')]
    expect(times(3, phone, 0)).toEqual(['admitted', 'admitted', 'admitted'])
    expect(times(3, laptop, 0)).toEqual(['admitted', 'admitted', 'tooFast'])
    expect(code(limits.sender('app', 'bob', 'phone').take(0))).toBe('admitted')
    await runtime.advance(100)
    expect(times(2, phone, 100)).toEqual(['admitted', 'tooFast'])
  })

  test('all scopes or none: what a device may not does not use up what its user may', () => {
    const { limits } = setUp({ device: { perSecond: 1, burst: 2 }, user: { perSecond: 1, burst: 4 } })
    const [phone, laptop] = [limits.sender('app', 'ada', 'phone'), limits.sender('app', 'ada', 'laptop')]
    expect(times(9, phone, 0).filter((verdict) => verdict === 'admitted')).toHaveLength(2)
    expect(times(9, laptop, 0).filter((verdict) => verdict === 'admitted')).toHaveLength(2)
  })

  test('each node admits its part, together never more than the whole', () => {
    const { nodes } = setUp({ user: { perSecond: 10, burst: 30 } }, { nodes: 3 })
    const admitted = nodes.map(
      (node) =>
        times(30, node.sender('app', 'ada', undefined), 0).filter((verdict) => verdict === 'admitted').length,
    )
    expect(admitted).toEqual([10, 10, 10])
  })

  test('of a small limit a user on one node has its part too: a burst that does not divide is rounded up', async () => {
    const sent = await sentInMinute(setUp({ user: { perSecond: 5, burst: 5 } }, { nodes: 3 }))
    expect(sent).toBeGreaterThan(0.7 * 100)
    expect(sent).toBeLessThanOrEqual(100 + 2)
  })

  test('who is refused is told to come back when there is room for more than one', () => {
    const { limits } = setUp({ user: { perSecond: 50, burst: 1 } })
    const sender = limits.sender('app', 'ada', undefined)
    sender.take(0)
    const refused = sender.take(0)
    expect(refused).toMatchObject({ code: 'tooFast', message: expect.stringContaining('50 a second') })
    expect(typeof refused !== 'string' && refused.retryAfterMs).toBeGreaterThanOrEqual(1_000)
  })

  test("a full app or cluster is nobody's fault: overloaded, and seen in the guards", () => {
    const { limits } = setUp({ app: { perSecond: 1, burst: 1 }, cluster: { perSecond: 1, burst: 2 } })
    const [one, other] = [limits.sender('one', 'ada', undefined), limits.sender('other', 'ada', undefined)]
    expect(times(2, one, 0)).toEqual(['admitted', 'overloaded'])
    expect(times(2, other, 0)).toEqual(['admitted', 'overloaded'])
    const guards = limits.guards()
    expect(guards.map(({ name, state, refused }) => [name, state, refused])).toContainEqual([
      'limits.messagesPerApp',
      'acting',
      1,
    ])
  })

  test('who comes back after a long time finds its quota whole, whatever was forgotten meanwhile', async () => {
    const { limits, runtime } = setUp({ user: { perSecond: 10, burst: 5 } })
    const sender = limits.sender('app', 'ada', undefined)
    for (let round = 0; round < 5; round++) {
      expect(times(6, sender, runtime.nowMs).filter((verdict) => verdict === 'admitted')).toHaveLength(5)
      await runtime.advance(20_000)
    }
  })
})

describe('message limits that are leased', () => {
  const user = { perSecond: 20, burst: 40 }

  test('who writes now and then never asks, and never waits', async () => {
    const { limits, runtime, shared } = setUp({ user }, { nodes: 3, answerMs: 5 })
    const sender = limits.sender('app', 'ada', undefined)
    for (let i = 0; i < 100; i++) {
      expect(sender.take(runtime.nowMs)).toBe('admitted')
      await runtime.advance(400)
    }
    expect(shared.questions).toBe(0)
  })

  test.each([
    { perSecond: 5, burst: 10 },
    { perSecond: 5, burst: 31 },
    { perSecond: 5, burst: 40 },
    { perSecond: 9, burst: 500 },
  ])('a user on one of three nodes has all of a small limit: $perSecond/$burst', async (limit) => {
    const sent = await sentInMinute(setUp({ user: limit }, { nodes: 3, answerMs: 2 }))
    expect(sent).toBeGreaterThan(0.95 * (60 * limit.perSecond + limit.burst))
    expect(sent).toBeLessThanOrEqual(60.5 * limit.perSecond + limit.burst)
  })

  test('of a large limit it has half, and its part of the other half', async () => {
    const sent = await sentInMinute(setUp({ user: { perSecond: 30, burst: 60 } }, { nodes: 3, answerMs: 2 }))
    expect(sent).toBeGreaterThan(0.95 * 60 * (15 + 5))
    expect(sent).toBeLessThanOrEqual(60.5 * (15 + 5) + 60)
  })

  test('what waits for a slice goes out in order, and nothing overtakes it', async () => {
    const { limits, runtime } = setUp({ user }, { answerMs: 50 })
    const sender = limits.sender('app', 'ada', undefined)
    const went: number[] = []
    const verdicts: string[] = []
    for (let i = 0; i < 35; i++) {
      const verdict = sender.take(runtime.nowMs)
      verdicts.push(code(verdict))
      if (verdict === 'admitted') went.push(i)
      else if (verdict === 'wait') sender.hold(runtime.nowMs, (refusal) => refusal ?? went.push(i))
    }
    // Its own half is spent; the rest waits, though some quota would be there again before.
    expect(verdicts.filter((verdict) => verdict === 'wait')).toHaveLength(15)
    await runtime.advance(45)
    expect(sender.take(runtime.nowMs)).toBe('wait')
    await runtime.advance(200)
    expect(went).toEqual(Array.from({ length: 35 }, (_, i) => i))
    expect(sender.held).toBe(0)
  })

  test('nothing is held for longer than the bound, however slowly Redis answers', async () => {
    const { limits, runtime, shared } = setUp({ user: { perSecond: 1, burst: 4 } }, { answerMs: 240 })
    const sender = limits.sender('app', 'ada', undefined)
    const held: { readonly atMs: number; readonly refused: boolean }[] = []
    for (let i = 0; i < 50; i++) {
      if (sender.take(runtime.nowMs) !== 'wait') throw new Error('all of a small burst is leased')
      sender.hold(runtime.nowMs, (refusal) =>
        held.push({ atMs: runtime.nowMs, refused: refusal !== undefined }),
      )
    }
    await runtime.advance(MAX_HOLD_MS + 250)
    expect(held).toHaveLength(50)
    expect(held.filter(({ refused }) => !refused).length).toBeLessThanOrEqual(5)
    expect(shared.questions).toBeGreaterThan(0)
  })

  test('Redis away: each node has its part of the whole, and asks again', async () => {
    const { nodes, runtime, shared } = setUp({ user }, { nodes: 2, answerMs: 1 })
    shared.isAway = true
    const senders = nodes.map((node) => node.sender('app', 'ada', undefined))
    const admittedAtMs: number[] = []
    for (let ms = 0; ms < 10_000; ms += 5) {
      for (const sender of senders) {
        if (sender.held > 0) continue
        const verdict = sender.take(runtime.nowMs)
        if (verdict === 'admitted') admittedAtMs.push(runtime.nowMs)
        else if (verdict === 'wait')
          sender.hold(runtime.nowMs, (refusal) => refusal ?? admittedAtMs.push(runtime.nowMs))
      }
      await runtime.advance(5)
    }
    expect(mostAbove(admittedAtMs, user.perSecond)).toBeLessThanOrEqual(user.burst + 1e-6)
    expect(admittedAtMs.length).toBeGreaterThan(0.9 * (200 + 20))
    // The breaker keeps most questions from it.
    expect(shared.questions).toBeLessThan(40)
    shared.isAway = false
    await runtime.advance(6_000)
    const before = shared.questions
    for (let i = 0; i < 60; i++) senders[0]?.take(runtime.nowMs)
    await runtime.advance(1_000)
    expect(shared.questions).toBeGreaterThan(before)
  })

  test.each([
    { perSecond: 10, burst: 34 },
    { perSecond: 5, burst: 7 },
  ])('Redis away: at most one more for each node than $burst at once', async (user) => {
    const { nodes, runtime, shared } = setUp({ user }, { nodes: 5, answerMs: 0 })
    shared.isAway = true
    const senders = nodes.map((node) => node.sender('app', 'ada', undefined))
    const admittedAtMs: number[] = []
    const sendAll = async (): Promise<void> => {
      for (const sender of senders) {
        for (let left = 40; left > 0; left--) {
          const verdict = sender.take(runtime.nowMs)
          if (verdict === 'admitted') admittedAtMs.push(runtime.nowMs)
          else if (verdict === 'wait')
            sender.hold(runtime.nowMs, (refusal) => refusal ?? admittedAtMs.push(runtime.nowMs))
        }
      }
      await runtime.settle()
    }
    for (let minute = 0; minute < 3; minute++) {
      await sendAll()
      await runtime.advance(60_000)
    }
    expect(mostAbove(admittedAtMs, user.perSecond)).toBeLessThanOrEqual(user.burst + 5)
  })

  test('over any window all nodes admit at most rate × (window + half a lease) + burst', async () => {
    const someLimit = fc.constantFrom(
      user,
      { perSecond: 1, burst: 1 },
      { perSecond: 5, burst: 5 },
      { perSecond: 5, burst: 40 },
      { perSecond: 40, burst: 20 },
    )
    const sends = fc.array(fc.tuple(fc.nat(2), fc.nat(40), fc.integer({ min: 1, max: 20 })), {
      minLength: 20,
      maxLength: 120,
    })
    await fc.assert(
      fc.asyncProperty(sends, someLimit, fc.integer({ min: 0, max: 30 }), async (sends, user, answerMs) => {
        const { nodes, runtime } = setUp({ user }, { nodes: 3, answerMs })
        const senders = nodes.map((node) => node.sender('app', 'ada', undefined))
        const admittedAtMs: number[] = []
        for (const [node, afterMs, count] of sends) {
          await runtime.advance(afterMs)
          const sender = senders[node]
          if (sender === undefined) throw new Error('there are three')
          for (let i = 0; i < count; i++) {
            const verdict = sender.take(runtime.nowMs)
            if (verdict === 'admitted') admittedAtMs.push(runtime.nowMs)
            else if (verdict === 'wait')
              sender.hold(runtime.nowMs, (refusal) => refusal ?? admittedAtMs.push(runtime.nowMs))
          }
        }
        await runtime.advance(2_000)
        expect(mostAbove(admittedAtMs, user.perSecond)).toBeLessThanOrEqual(user.burst + user.perSecond / 2)
      }),
      { numRuns: 40 },
    )
  }, 30_000)
})
