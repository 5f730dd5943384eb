import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Bulkhead, type BulkheadPlace } from './bulkhead.ts'

describe('a bulkhead', () => {
  test('never holds more than its bounds, in order, and loses nobody', () => {
    const steps = fc.array(fc.oneof(fc.constant('enter' as const), fc.nat(30)), { maxLength: 200 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.nat(5), steps, (limit, maxWaiting, steps) => {
        const bulkhead = new Bulkhead({ limit, maxWaiting })
        const begun: number[] = []
        const places: BulkheadPlace[] = []
        for (const [number, step] of steps.entries()) {
          if (step === 'enter') {
            const wasFull = bulkhead.inside + bulkhead.waiting >= limit + maxWaiting
            const place = bulkhead.enter(() => begun.push(number))
            expect(place === undefined).toBe(wasFull)
            if (place !== undefined) places.push(place)
          } else {
            places[step]?.leave()
          }
          expect(bulkhead.inside).toBeLessThanOrEqual(limit)
          expect(bulkhead.waiting).toBeLessThanOrEqual(maxWaiting)
          if (bulkhead.waiting > 0) expect(bulkhead.inside).toBe(limit)
        }
        expect(begun).toEqual([...begun].sort((a, b) => a - b))
        for (const place of places) place.leave()
        expect([bulkhead.inside, bulkhead.waiting]).toEqual([0, 0])
      }),
    )
  })

  test('who no longer wants to wait is not called', () => {
    const bulkhead = new Bulkhead({ limit: 1, maxWaiting: 2 })
    const begun: string[] = []
    const first = bulkhead.enter(() => begun.push('a'))
    bulkhead.enter(() => begun.push('b'))?.leave()
    bulkhead.enter(() => begun.push('c'))
    first?.leave()
    expect(begun).toEqual(['a', 'c'])
  })

  test('more room is used at once; less is waited for', () => {
    const bulkhead = new Bulkhead({ limit: 1, maxWaiting: 9 })
    const places = Array.from({ length: 4 }, () => bulkhead.enter(() => {}))
    bulkhead.resize(3)
    expect([bulkhead.inside, bulkhead.waiting]).toEqual([3, 1])
    bulkhead.resize(1)
    places[0]?.leave()
    places[1]?.leave()
    expect([bulkhead.inside, bulkhead.waiting]).toEqual([1, 1])
    places[2]?.leave()
    expect([bulkhead.inside, bulkhead.waiting]).toEqual([1, 0])
  })

  test('refuses a limit of nothing', () => {
    expect(() => new Bulkhead({ limit: 0, maxWaiting: 1 })).toThrow('limit must be at least 1, got 0')
  })
})
