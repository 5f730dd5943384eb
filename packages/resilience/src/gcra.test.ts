import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gcra, gcraUpTo, type RateLimit } from './gcra.ts'

const limits = fc.record({
  perSecond: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 1_000 }),
})
const gapsMs = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2_000, noNaN: true })), {
  maxLength: 300,
})

/** When each of the requests, which come after these gaps, was admitted. */
function admittedAt(limit: RateLimit, gaps: readonly number[]): number[] {
  const admitted: number[] = []
  let stateMs = 0
  let nowMs = 1_000_000
  for (const gap of gaps) {
    nowMs += gap
    const verdict = gcra(limit, stateMs, nowMs)
    stateMs = verdict.theoreticalArrivalMs
    if (verdict.admitted) admitted.push(nowMs)
  }
  return admitted
}

describe('gcra', () => {
  test('admits over any window at most rate × window + burst', () => {
    fc.assert(
      fc.property(limits, gapsMs, (limit, gaps) => {
        const times = admittedAt(limit, gaps)
        for (let from = 0; from < times.length; from++) {
          for (let to = from; to < times.length; to++) {
            const windowMs = (times[to] ?? 0) - (times[from] ?? 0)
            expect(to - from + 1).toBeLessThanOrEqual(
              (limit.perSecond * windowMs) / 1000 + limit.burst + 1e-3,
            )
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  test('admits exactly burst + ⌊rate × window⌋ of somebody who comes back whenever he was told', () => {
    const rates = fc.record({
      perSecond: fc.integer({ min: 1, max: 200 }),
      burst: fc.integer({ min: 1, max: 50 }),
    })
    fc.assert(
      fc.property(rates, fc.integer({ min: 0, max: 3_000 }), (limit, windowMs) => {
        let [stateMs, nowMs, admitted] = [0, 0, 0]
        while (nowMs <= windowMs + 1e-6) {
          const verdict = gcra(limit, stateMs, nowMs)
          stateMs = verdict.theoreticalArrivalMs
          if (verdict.admitted) admitted++
          else nowMs += verdict.retryAfterMs
        }
        expect(admitted).toBe(limit.burst + Math.floor((limit.perSecond * windowMs) / 1_000 + 1e-9))
      }),
    )
  })

  test('taking many at once is the same as taking them one by one', () => {
    const takes = fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 50 })), { maxLength: 30 })
    fc.assert(
      fc.property(limits, takes, (limit, takes) => {
        let [many, single, nowMs] = [0, 0, 1_000]
        for (const [gap, most] of takes) {
          nowMs += gap
          let count = 0
          for (; count < most; count++) {
            const verdict = gcra(limit, single, nowMs)
            if (!verdict.admitted) break
            single = verdict.theoreticalArrivalMs
          }
          const { taken, theoreticalArrivalMs, retryAfterMs } = gcraUpTo(limit, many, nowMs, most)
          expect(taken).toBe(count)
          expect(retryAfterMs > 0).toBe(taken === 0)
          many = theoreticalArrivalMs
          expect(many).toBeCloseTo(single, 3)
          single = many
        }
      }),
    )
  })

  test('admits everything that stays at or below the rate', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 200 }), (limit, count) => {
        const gaps = Array.from({ length: count }, () => 1000 / limit.perSecond)
        expect(admittedAt(limit, gaps)).toHaveLength(count)
      }),
    )
  })

  test('admits again after exactly the wait that it told, and not before', () => {
    fc.assert(
      fc.property(limits, (limit) => {
        let stateMs = 0
        for (let i = 0; i < limit.burst; i++) stateMs = gcra(limit, stateMs, 0).theoreticalArrivalMs
        const refused = gcra(limit, stateMs, 0)
        if (refused.admitted) throw new Error('a burst beyond the bound was admitted')
        expect(gcra(limit, stateMs, refused.retryAfterMs).admitted).toBe(true)
        expect(gcra(limit, stateMs, refused.retryAfterMs * 0.999 - 0.001).admitted).toBe(false)
      }),
    )
  })

  test('a refusal changes nothing: whoever hammers is not punished further', () => {
    const limit = { perSecond: 1, burst: 1 }
    const first = gcra(limit, 0, 0)
    const refused = gcra(limit, first.theoreticalArrivalMs, 10)
    expect(refused).toEqual({ admitted: false, theoreticalArrivalMs: 1_000, retryAfterMs: 990 })
  })

  test('10 a second, burst 3: three at once, then one every 100 ms', () => {
    const gaps = [0, 0, 0, 0, 50, 50, 0, 100, 100]
    expect(admittedAt({ perSecond: 10, burst: 3 }, gaps).map((time) => time - 1_000_000)).toEqual([
      0, 0, 0, 100, 200, 300,
    ])
  })

  test('a costly request uses the burst of several', () => {
    const limit = { perSecond: 10, burst: 5 }
    const first = gcra(limit, 0, 0, 5)
    expect(first.admitted).toBe(true)
    expect(gcra(limit, first.theoreticalArrivalMs, 0)).toMatchObject({ admitted: false, retryAfterMs: 100 })
  })

  test.each([
    [{ perSecond: 0, burst: 1 }, 'perSecond must be above 0, got 0'],
    [{ perSecond: 1, burst: 0 }, 'burst must be at least 1, got 0'],
  ])('refuses %j by name and value', (limit, message) => {
    expect(() => gcra(limit, 0, 0)).toThrow(message)
  })
})
