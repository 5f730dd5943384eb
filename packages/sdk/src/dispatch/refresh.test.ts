import fc from 'fast-check'
import { expect, test } from 'vitest'
import { endpointAt } from '../testing/fake-dispatch.ts'
import { EMPTY_BACKOFF, HELD_BACKOFF, LONELY_REFRESH_MS, refreshDelayMs, REFRESH_MIN_MS } from './refresh.ts'

const held = { v: 1, issuedAt: 0, ttlMs: 600_000, staleMs: 0, endpoints: [endpointAt('a')] } as const
const document = { ...held, endpoints: [...held.endpoints] }
const roll = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('never before a list stops being fresh, nor much later, and never more often than the least', () => {
  fc.assert(
    fc.property(roll, fc.nat({ max: 1_000_000 }), (roll, nowMs) => {
      const state = { held: document, failures: 0, askedDelayMs: undefined, lonely: 0 }
      const least = Math.max(REFRESH_MIN_MS, 600_000 - nowMs)
      const delayMs = refreshDelayMs(state, nowMs, roll)
      expect(delayMs).toBeGreaterThanOrEqual(least)
      expect(delayMs).toBeLessThanOrEqual(least * 1.5)
    }),
  )
})

test('failures in a row: at least half of a backoff that doubles up to its bound, sooner for who has nothing', () => {
  const delays = (has: boolean, roll: number) =>
    [1, 2, 3, 20].map((failures) =>
      refreshDelayMs(
        { held: has ? document : undefined, failures, askedDelayMs: undefined, lonely: 0 },
        0,
        roll,
      ),
    )
  expect(delays(false, 0)).toEqual([500, 1_000, 2_000, EMPTY_BACKOFF.maxMs / 2])
  expect(delays(true, 0)).toEqual([2_000, 4_000, 8_000, HELD_BACKOFF.maxMs / 2])
  expect(delays(true, 0.5)).toEqual([3_000, 6_000, 12_000, HELD_BACKOFF.maxMs * 0.75])
})

test('what a server asks for is waited for, and a little more, up to a bound', () => {
  fc.assert(
    fc.property(roll, fc.nat({ max: 100_000_000 }), (roll, askedDelayMs) => {
      const delayMs = refreshDelayMs({ held: undefined, failures: 1, askedDelayMs, lonely: 0 }, 0, roll)
      expect(delayMs).toBeGreaterThanOrEqual(Math.min(askedDelayMs, 300_000))
      expect(delayMs).toBeLessThanOrEqual(330_000)
    }),
  )
})

test('a list of one endpoint is asked about again soon, and later each time, up to the usual', () => {
  const delays = [1, 2, 3, 4, 50].map((lonely) =>
    refreshDelayMs(
      { held: { ...document, ttlMs: 90_000 }, failures: 0, askedDelayMs: undefined, lonely },
      0,
      0,
    ),
  )
  expect(delays).toEqual([LONELY_REFRESH_MS, 2 * LONELY_REFRESH_MS, 4 * LONELY_REFRESH_MS, 80_000, 90_000])
})

test('a list from the future is not kept for longer than one from now', () => {
  const state = { held: document, failures: 0, askedDelayMs: undefined, lonely: 0 }
  expect(refreshDelayMs(state, -5 * 3_600_000, 0)).toBe(document.ttlMs)
})
