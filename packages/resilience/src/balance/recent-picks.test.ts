import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecentPicks } from './recent-picks.ts'

describe('recent picks', () => {
  test('counts each pick since a moment, and none that came 100 ms before it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200)), fc.nat(3_000), (gaps, agoMs) => {
        const picks = new RecentPicks(3_000)
        const moments: number[] = []
        let nowMs = 10_000
        for (const gap of gaps) {
          nowMs += gap
          moments.push(nowMs)
          picks.picked(nowMs)
        }
        const atMs = nowMs - agoMs
        const counted = picks.since(atMs)
        expect(counted).toBeGreaterThanOrEqual(moments.filter((moment) => moment >= atMs).length)
        expect(counted).toBeLessThanOrEqual(moments.filter((moment) => moment > atMs - 100).length)
      }),
    )
  })

  test('forgets what is older than it was told to keep', () => {
    const picks = new RecentPicks(1_000)
    for (let ms = 0; ms < 100_000; ms += 50) picks.picked(ms)
    expect(picks.since(0)).toBeLessThanOrEqual(22)
  })
})
