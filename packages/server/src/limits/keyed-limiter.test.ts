import { gcra } from '@skein/resilience'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KeyedLimiter } from './keyed-limiter.ts'

describe('keyed limiter', () => {
  test('each key has its own burst, and a refusal tells when it is admitted', () => {
    const limiter = new KeyedLimiter({ perSecond: 10, burst: 2 }, { maxKeys: 100 })
    expect([1, 2, 3].map(() => limiter.take('a', 1_000).admitted)).toEqual([true, true, false])
    expect(limiter.take('b', 1_000).admitted).toBe(true)
    const refused = limiter.take('a', 1_000)
    expect(refused).toMatchObject({ admitted: false, retryAfterMs: 100 })
    expect(limiter.take('a', 1_099).admitted).toBe(false)
    expect(limiter.take('a', 1_100).admitted).toBe(true)
    expect(limiter.refused).toBe(3)
  })

  test('forgetting idle keys never changes a verdict: as one GCRA for each key', () => {
    const takes = fc.array(
      fc.record({ key: fc.nat(5).map(String), afterMs: fc.nat(400), cost: fc.integer({ min: 1, max: 3 }) }),
      { maxLength: 300 },
    )
    fc.assert(
      fc.property(takes, (takes) => {
        const limit = { perSecond: 10, burst: 5 }
        const limiter = new KeyedLimiter(limit, { maxKeys: 100 })
        const states = new Map<string, number>()
        let nowMs = 0
        for (const { key, afterMs, cost } of takes) {
          nowMs += afterMs
          const expected = gcra(limit, states.get(key) ?? 0, nowMs, cost)
          states.set(key, expected.theoreticalArrivalMs)
          expect(limiter.take(key, nowMs, cost).admitted).toBe(expected.admitted)
        }
      }),
    )
  })

  test('remembers at most so many keys, and those that are busy last', () => {
    const limiter = new KeyedLimiter({ perSecond: 1, burst: 20 }, { maxKeys: 100 })
    let busy = 0
    for (let i = 0; i < 10_000; i++) {
      limiter.take(`once-${i}`, i * 0.1)
      if (i % 10 === 0 && limiter.take('busy', i * 0.1).admitted) busy++
      expect(limiter.size).toBeLessThanOrEqual(100)
    }
    expect(busy).toBeLessThanOrEqual(21)
  })

  test('a key that was quiet long enough takes no memory any more', () => {
    const limiter = new KeyedLimiter({ perSecond: 10, burst: 10 }, { maxKeys: 1_000 })
    for (let i = 0; i < 400; i++) limiter.take(`key-${i}`, 0)
    expect(limiter.size).toBe(400)
    limiter.take('later', 2_000)
    expect(limiter.size).toBe(1)
  })

  test('nodes that share a limit have their fair parts of it, together never more', () => {
    const nodes = [1, 2, 3].map(() => new KeyedLimiter({ perSecond: 30, burst: 9 }, { maxKeys: 10 }))
    const admitted = (nowMs: number) =>
      nodes
        .map((node) => Array.from({ length: 20 }, () => node.take('a', nowMs, 1, 3)))
        .flat()
        .filter((taken) => taken.admitted).length
    expect(admitted(0)).toBe(9)
    expect(admitted(100)).toBe(3)
    expect(admitted(10_000)).toBe(9)
  })

  test('what was admitted elsewhere counts, up to the burst and no further', () => {
    const limiter = new KeyedLimiter({ perSecond: 10, burst: 2 }, { maxKeys: 10 })
    limiter.charge('a', 0)
    expect(limiter.waitMs('a', 0)).toBe(0)
    for (let i = 0; i < 100; i++) limiter.charge('a', 0)
    expect(limiter.waitMs('a', 0)).toBeCloseTo(100)
    expect(limiter.refused).toBe(0)
  })

  test('refuses what could never be admitted, and limits of nothing', () => {
    const limiter = new KeyedLimiter({ perSecond: 10, burst: 2 }, { maxKeys: 10 })
    expect(() => limiter.take('a', 0, 3)).toThrow('cost must be at most the burst')
    expect(() => new KeyedLimiter({ perSecond: 0, burst: 2 }, { maxKeys: 10 })).toThrow('got 0')
    expect(() => new KeyedLimiter({ perSecond: 1, burst: 0.5 }, { maxKeys: 10 })).toThrow('got 0.5')
    expect(() => new KeyedLimiter({ perSecond: 1, burst: 1 }, { maxKeys: 1 })).toThrow('got 1')
  })
})
