import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Histogram } from './histogram.ts'

describe('the latency histogram', () => {
  it('tells every quantile within one part in 64', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (values) => {
          const histogram = new Histogram()
          for (const value of values) histogram.record(value)
          const sorted = values.toSorted((a, b) => a - b)
          for (const share of [0.5, 0.99, 1]) {
            const exact = sorted[Math.ceil(values.length * share) - 1] ?? 0
            const told = histogram.quantileMs(share)
            expect(told).toBeGreaterThanOrEqual(exact - 0.001)
            expect(told).toBeLessThanOrEqual(exact * (1 + 1 / 64) + 0.001)
          }
        },
      ),
    )
  })

  it('merges, and survives the way between processes', () => {
    const one = new Histogram()
    const other = new Histogram()
    one.record(1)
    other.record(3)
    one.merge(new Histogram(JSON.parse(JSON.stringify(other)) as number[]))
    expect([one.count, one.quantileMs(0.5), one.quantileMs(1)]).toEqual([
      2,
      expect.closeTo(1, 1),
      expect.closeTo(3, 1),
    ])
  })

  it('has no quantile without values', () => {
    expect(new Histogram().quantileMs(0.5)).toBeNaN()
  })
})
