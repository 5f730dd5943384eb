import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fullJitterMs } from './backoff.ts'

const options = fc
  .record({
    baseMs: fc.integer({ min: 1, max: 10_000 }),
    timesBase: fc.integer({ min: 1, max: 1_000 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
  })
  .map(({ baseMs, timesBase, factor }) => ({ baseMs, maxMs: baseMs * timesBase, factor }))
const latest = { next: () => 1 - 2 ** -53 }

describe('full jitter', () => {
  test('waits at least 0 and less than min(max, base × factor^attempt), also after very many attempts', () => {
    fc.assert(
      fc.property(options, fc.nat({ max: 100_000 }), fc.integer(), (backoff, attempt, seed) => {
        const waitMs = fullJitterMs(backoff, attempt, seededRandom(seed))
        expect(waitMs).toBeGreaterThanOrEqual(0)
        expect(waitMs).toBeLessThan(Math.min(backoff.maxMs, backoff.baseMs * backoff.factor ** attempt))
      }),
    )
  })

  test('never lowers its bound with another failure', () => {
    fc.assert(
      fc.property(options, fc.nat({ max: 1_000 }), (backoff, attempt) => {
        expect(fullJitterMs(backoff, attempt + 1, latest)).toBeGreaterThanOrEqual(
          fullJitterMs(backoff, attempt, latest),
        )
      }),
    )
  })

  test('uses the whole range: clients that failed together come back spread out', () => {
    const random = seededRandom(3)
    const waits = Array.from({ length: 4_000 }, () =>
      fullJitterMs({ baseMs: 1_000, maxMs: 1_000 }, 5, random),
    )
    for (let quarter = 0; quarter < 4; quarter++) {
      const inside = waits.filter((wait) => Math.floor(wait / 250) === quarter).length
      expect(inside).toBeGreaterThan(800)
    }
  })

  test('doubles unless told', () => {
    const half = { next: () => 0.5 }
    const waits = [0, 1, 2, 3, 4].map((attempt) => fullJitterMs({ baseMs: 200, maxMs: 1_000 }, attempt, half))
    expect(waits).toEqual([100, 200, 400, 500, 500])
  })

  test.each([
    [{ baseMs: 0, maxMs: 10 }, 'baseMs must be above 0, got 0'],
    [{ baseMs: 20, maxMs: 10 }, 'maxMs must be at least baseMs (20), got 10'],
    [{ baseMs: 1, maxMs: 10, factor: 0.5 }, 'factor must be at least 1, got 0.5'],
  ])('refuses %j by name and value', (bad, message) => {
    expect(() => fullJitterMs(bad, 0, latest)).toThrow(message)
  })
})
