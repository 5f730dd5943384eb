import { expect, test } from 'vitest'
import { newCounters } from '../node/counters.ts'
import { gaugesOf } from './gauges.ts'

const node = {
  sessionCount: 7,
  stats: () => ({
    state: 'running' as const,
    tail: 'following' as const,
    queueWaitMs: 12,
    counters: { ...newCounters(), accepted: 3, sends: 40 },
  }),
}

const gauges = (probe: { readonly okAgeMs: number | null; readonly roundTripMs: number | undefined }) =>
  gaugesOf(node, { maxSessions: 10, acceptLimitPerSecond: 100, probe: { ...probe, verdict: 'working' } })

test('the gauges are what node and probes tell at this moment', () => {
  expect(gauges({ okAgeMs: 300, roundTripMs: 4 })).toEqual({
    sessions: 7,
    maxSessions: 10,
    acceptLimitPerSecond: 100,
    queueWaitMs: 12,
    busLagMs: 4,
    path: 'working',
    probeOkAgeMs: 300,
    accepted: 3,
    messages: 40,
  })
})

test('a bus that brings no probes back lags more and more, though the last round trip was short', () => {
  const lags = [null, 300, 1_004, 1_500, 3_000].map((okAgeMs) => gauges({ okAgeMs, roundTripMs: 4 }).busLagMs)
  expect(lags).toEqual([4, 4, 4, 500, 2_000])
  expect(gauges({ okAgeMs: null, roundTripMs: undefined }).busLagMs).toBe(null)
})
