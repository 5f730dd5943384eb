import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkNestedLimits, gcraAll } from './limits.ts'

const user = { perSecond: 10, burst: 5 }
const app = { perSecond: 100, burst: 50 }

describe('several limits at once', () => {
  test('admit what all admit, and a refusal uses up none of them', () => {
    const limit = fc.record({
      perSecond: fc.integer({ min: 1, max: 100 }),
      burst: fc.integer({ min: 1, max: 20 }),
    })
    fc.assert(
      fc.property(fc.array(limit, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(200)), (limits, gaps) => {
        let states = limits.map(() => 0)
        let nowMs = 1_000
        const times: number[] = []
        for (const gap of gaps) {
          nowMs += gap
          const scoped = limits.map((limit, i) => ({
            scope: `${i}`,
            limit,
            theoreticalArrivalMs: states[i] ?? 0,
          }))
          const verdict = gcraAll(scoped, nowMs)
          if (verdict.admitted) {
            states = [...verdict.theoreticalArrivalsMs]
            times.push(nowMs)
          } else {
            expect(gcraAll(scoped, nowMs + verdict.retryAfterMs).admitted).toBe(true)
          }
        }
        const tightest = Math.min(
          ...limits.map(({ burst, perSecond }) => burst + (perSecond * (nowMs - 1_000)) / 1_000),
        )
        expect(times.length).toBeLessThanOrEqual(tightest + 1e-6)
      }),
    )
  })

  test('names the one that takes longest', () => {
    const verdict = gcraAll(
      [
        { scope: 'user', limit: user, theoreticalArrivalMs: 500 },
        { scope: 'ip', limit: user, theoreticalArrivalMs: 700 },
        { scope: 'app', limit: app, theoreticalArrivalMs: 0 },
      ],
      0,
    )
    expect(verdict).toEqual({ admitted: false, scope: 'ip', retryAfterMs: 300 })
  })
})

describe('limits in limits', () => {
  test('are accepted when each fits into those around it', () => {
    checkNestedLimits([
      { scope: 'user', limit: user },
      { scope: 'app', limit: app },
      { scope: 'cluster', limit: app },
    ])
  })

  test.each([
    [
      { perSecond: 200, burst: 5 },
      app,
      'perSecond of user (200) must not be above that of app (100), which holds it',
    ],
    [
      { perSecond: 10, burst: 60 },
      app,
      'burst of user (60) must not be above that of app (50), which holds it',
    ],
    [{ perSecond: -1, burst: 5 }, app, 'perSecond of user must be above 0, got -1'],
    [user, { perSecond: 100, burst: NaN }, 'burst of app must be at least 1, got NaN'],
  ])('%j in %j is refused by scope and value', (inner, outer, message) => {
    const nested = [
      { scope: 'user', limit: inner },
      { scope: 'app', limit: outer },
    ]
    expect(() => checkNestedLimits(nested)).toThrow(message)
  })
})
