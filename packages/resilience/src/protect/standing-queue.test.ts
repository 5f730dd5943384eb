import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StandingQueue } from './standing-queue.ts'

const options = { targetMs: 20, intervalMs: 100 }

describe('a standing queue', () => {
  test('is one in which everybody waited longer than the target for an interval', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { maxLength: 20 }), (waits) => {
        const queue = new StandingQueue(options)
        expect(queue.judge(1_000)).toBeUndefined()
        for (const wait of waits) queue.waited(wait)
        expect(queue.judge(1_099)).toBeUndefined()
        expect(queue.judge(1_100)).toEqual({
          isStanding: waits.length > 0 && waits.every((wait) => wait > 20),
          leastWaitMs: waits.length > 0 ? Math.min(...waits) : 0,
        })
      }),
    )
  })

  test('a burst that was worked off is none, and the next interval begins anew', () => {
    const queue = new StandingQueue(options)
    queue.judge(0)
    for (const wait of [300, 200, 100, 5]) queue.waited(wait)
    expect(queue.judge(100)?.isStanding).toBe(false)
    queue.waited(30)
    expect(queue.judge(200)?.isStanding).toBe(true)
    expect(queue.judge(300)?.isStanding).toBe(false)
  })
})
