import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tally } from '../../testing/fleet.ts'
import { endpointOf } from '../endpoint.ts'
import { observeRtt, RTT_DECAY_MS, RTT_TTL_MS, type PeakEwma } from '../peak-ewma.ts'
import { DEFAULT_SLOW_START } from '../slow-start.ts'
import { peakEwma } from './peak-ewma.ts'

const strategy = peakEwma(DEFAULT_SLOW_START)
const NOW_MS = 100_000
const at = (seed: number) => ({ nowMs: NOW_MS, random: seededRandom(seed) })

describe('a peak-sensitive round trip', () => {
  test('rises at once and is always between the least and the greatest that was measured', () => {
    const rtts = fc.array(fc.tuple(fc.nat(5_000), fc.nat(20_000)), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(rtts, (rtts) => {
        let rtt: PeakEwma | undefined
        let nowMs = 0
        for (const [rttMs, afterMs] of rtts) {
          nowMs += afterMs
          rtt = observeRtt(rtt, rttMs, nowMs)
          expect(rtt.costMs).toBeGreaterThanOrEqual(rttMs)
        }
        const all = rtts.map(([rttMs]) => rttMs)
        expect(rtt?.costMs).toBeLessThanOrEqual(Math.max(...all))
        expect(rtt?.costMs).toBeGreaterThanOrEqual(Math.min(...all))
      }),
    )
  })

  test('falls to 1/e of a peak in the time of its decay', () => {
    const peak = observeRtt(undefined, 1_000, 0)
    expect(observeRtt(peak, 0, RTT_DECAY_MS).costMs).toBeCloseTo(1_000 / Math.E)
  })
})

describe('peak EWMA', () => {
  const near = endpointOf({ id: 'near', rtt: { costMs: 20, atMs: NOW_MS } })
  const far = endpointOf({ id: 'far', rtt: { costMs: 90, atMs: NOW_MS } })

  test('prefers the shorter round trip, until more wait there', () => {
    expect(tally(strategy, [near, far], 100, at(1))).toEqual([100, 0])
    expect(tally(strategy, [{ ...near, inFlight: 4 }, far], 100, at(1))).toEqual([0, 100])
  })

  test('a measure that is too old attracts nobody', () => {
    const old = endpointOf({ id: 'old', rtt: { costMs: 0, atMs: NOW_MS - RTT_TTL_MS - 1 } })
    expect(tally(strategy, [old, far], 1_000, at(2))[0]).toBeLessThan(130)
  })
})
