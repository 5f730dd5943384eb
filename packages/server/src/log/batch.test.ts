import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countExpired, cutBatch } from './batch.ts'

const bounds = fc.record({
  batchEntries: fc.integer({ min: 1, max: 20 }),
  batchBytes: fc.integer({ min: 1, max: 500 }),
})
const waiting = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 300 }) }), { maxLength: 60 })

describe('cutting batches', () => {
  test('every queue is cut into batches within the bounds, none of them empty, nothing left over', () => {
    fc.assert(
      fc.property(waiting, bounds, (queue, limits) => {
        let rest = queue
        while (rest.length > 0) {
          const count = cutBatch(rest, limits)
          expect(count).toBeGreaterThan(0)
          expect(count).toBeLessThanOrEqual(limits.batchEntries)
          const bytes = rest.slice(0, count).reduce((sum, entry) => sum + entry.bytes, 0)
          if (count > 1) expect(bytes).toBeLessThanOrEqual(limits.batchBytes)
          rest = rest.slice(count)
        }
        expect(cutBatch(rest, limits)).toBe(0)
      }),
    )
  })

  test('a batch is as large as the bounds allow', () => {
    fc.assert(
      fc.property(waiting, bounds, (queue, limits) => {
        const count = cutBatch(queue, limits)
        const next = queue[count]
        if (next === undefined || count === limits.batchEntries) return
        const bytes = queue.slice(0, count).reduce((sum, entry) => sum + entry.bytes, 0)
        expect(bytes + next.bytes).toBeGreaterThan(limits.batchBytes)
      }),
    )
  })

  test('an entry expires exactly at its deadline, not a millisecond before', () => {
    const queue = [{ enqueuedAtMs: 0 }, { enqueuedAtMs: 5 }, { enqueuedAtMs: 9 }]
    expect(countExpired(queue, 99, 100)).toBe(0)
    expect(countExpired(queue, 100, 100)).toBe(1)
    expect(countExpired(queue, 108, 100)).toBe(2)
    expect(countExpired(queue, 109, 100)).toBe(3)
    expect(countExpired([], 109, 100)).toBe(0)
  })
})
