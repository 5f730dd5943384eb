import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endpointOf } from './endpoint.ts'
import { warmth } from './slow-start.ts'

const options = { windowMs: 10_000, leastShare: 0.1, aggression: 1 }
const since = (readySinceMs: number) => endpointOf({ id: 'a', readySinceMs })

describe('slow start', () => {
  test('begins with the least share, grows in a line, and ends with the window', () => {
    const shares = [0, 500, 5_000, 10_000, 99_000].map((nowMs) => warmth(since(0), nowMs, options))
    expect(shares).toEqual([0.1, 0.1, 0.5, 1, 1])
    expect(warmth(endpointOf({ id: 'a' }), 0, options)).toBe(1)
  })

  test('never falls, and stays within (0, 1], whatever the aggression', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.nat(20_000),
        fc.nat(20_000),
        (aggression, a, b) => {
          const shares = [Math.min(a, b), Math.max(a, b)].map((nowMs) =>
            warmth(since(0), nowMs, { ...options, aggression }),
          )
          expect(shares[1]).toBeGreaterThanOrEqual(shares[0] ?? 0)
          for (const share of shares) expect(share > 0 && share <= 1).toBe(true)
        },
      ),
    )
  })
})
