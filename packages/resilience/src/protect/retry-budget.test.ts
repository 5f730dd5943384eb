import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RetryBudget } from './retry-budget.ts'

describe('a retry budget', () => {
  test('whenever it lets a retry through, the last window has at most ratio × requests + its least', () => {
    const options = fc.record({
      ratio: fc.double({ min: 0, max: 2, noNaN: true }),
      leastPerSecond: fc.nat(3),
      windowMs: fc.constant(1_000),
    })
    const happenings = fc.array(fc.tuple(fc.nat(200), fc.boolean()), { maxLength: 300 })
    fc.assert(
      fc.property(options, happenings, (options, happenings) => {
        const budget = new RetryBudget(options)
        const told: { slice: number; isRetry: boolean }[] = []
        let nowMs = 0
        for (const [afterMs, isRetry] of happenings) {
          nowMs += afterMs
          const slice = Math.floor(nowMs / 100)
          if (!isRetry) budget.requested(nowMs)
          else if (!budget.tryRetry(nowMs)) continue
          told.push({ slice, isRetry })
          if (!isRetry) continue
          const last = told.filter((one) => one.slice > slice - 10)
          const retries = last.filter((one) => one.isRetry).length
          const bound = options.ratio * (last.length - retries) + options.leastPerSecond
          expect(retries).toBeLessThanOrEqual(bound + 1e-6)
        }
      }),
    )
  })

  test('when everything fails and everybody retries always, the load grows by its ratio', () => {
    const budget = new RetryBudget({ ratio: 0.2, leastPerSecond: 0, windowMs: 10_000 })
    let retries = 0
    for (let i = 0; i < 10_000; i++) {
      budget.requested(i)
      while (budget.tryRetry(i)) retries++
    }
    expect(retries).toBe(2_000)
  })

  test('who asks rarely may retry at all, and requests of long ago pay for nothing', () => {
    const budget = new RetryBudget({ ratio: 1, leastPerSecond: 0.1, windowMs: 10_000 })
    expect(budget.tryRetry(0)).toBe(true)
    expect(budget.tryRetry(1)).toBe(false)
    budget.requested(2)
    budget.requested(2)
    expect(budget.balance(2)).toBe(2)
    expect(budget.balance(10_002)).toBe(1)
  })

  test('refuses a window of nothing', () => {
    expect(() => new RetryBudget({ ratio: 0.2, leastPerSecond: 1, windowMs: 0 })).toThrow(
      'windowMs must be above 0, got 0',
    )
  })
})
