import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LoadMeter } from './load.ts'
import { rateAfter } from './rate.ts'

describe('a smoothed rate', () => {
  test('tends to what happens, and does not depend on how often it is asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 20 }), (perSecond, parts) => {
        const stepMs = 1_000 / parts
        let rate = 0
        for (let i = 0; i < parts; i++) rate = rateAfter(rate, perSecond / parts, stepMs, 1_000)
        expect(rate).toBeCloseTo(perSecond / 2, 6)
      }),
    )
  })

  test('halves in a half-life in which nothing happens, and stands still with the clock', () => {
    expect(rateAfter(80, 0, 3_000, 3_000)).toBeCloseTo(40)
    expect(rateAfter(80, 5, 0, 3_000)).toBe(80)
  })
})

test('a load report has rates per second and the share of a core since the last', () => {
  let nowMs = 0
  let cpuMs = 500
  const gauges = { loopLagP99Ms: () => 3, cpuMs: () => cpuMs, rssBytes: () => 100, rssLimitBytes: 1_000 }
  const meter = new LoadMeter({ monotonicMs: () => nowMs }, gauges)
  const bounds = { maxSessions: 10, acceptLimitPerSecond: 0 }
  const node = {
    ...bounds,
    sessions: 7,
    queueWaitMs: 0,
    busLagMs: 1,
    path: 'working',
    probeOkAgeMs: 5,
  } as const
  for (let second = 1; second <= 60; second++) {
    nowMs += 1_000
    cpuMs += 400
    meter.report({ ...node, accepted: second * 10, messages: second * 50 })
  }
  const report = meter.report({ ...node, accepted: 600, messages: 3_000 })
  expect(report).toMatchObject({
    sessions: 7,
    loopLagP99Ms: 3,
    rssBytes: 100,
    probeOkAgeMs: 5,
    headroom: 30,
    scarcest: 'sessions',
  })
  expect(report.acceptedPerSecond).toBeCloseTo(10, 2)
  expect(report.messagesPerSecond).toBeCloseTo(50, 2)
  expect(report.cpu).toBeCloseTo(0.4, 2)
})
