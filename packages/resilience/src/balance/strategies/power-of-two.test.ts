import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fleet, tally } from '../../testing/fleet.ts'
import { endpointOf, expectedHeadroom, REPORT_TTL_MS, type Endpoint } from '../endpoint.ts'
import { DEFAULT_SLOW_START } from '../slow-start.ts'
import { UNKNOWN_WINS } from '../two-choices.ts'
import { powerOfTwo } from './power-of-two.ts'

const strategy = powerOfTwo({ slowStart: DEFAULT_SLOW_START, reportTtlMs: REPORT_TTL_MS })
const NOW_MS = 100_000
const at = (seed: number, nowMs = NOW_MS) => ({ nowMs, random: seededRandom(seed) })

describe('power of two choices on headroom', () => {
  test('1:1:1:1:2:2:4:4, 4,000 sessions coming and going with reports each second: within 1.15 of fair', () => {
    for (const seed of [1, 2, 3]) {
      const random = seededRandom(seed)
      const fleet = new Fleet([1, 1, 1, 1, 2, 2, 4, 4])
      let nowMs = 0
      const turn = (arrivals: number, departures: number): void => {
        fleet.report(nowMs, 400)
        nowMs += 1_000
        for (let i = 0; i < departures; i++) fleet.leave(random)
        for (let i = 0; i < arrivals; i++) fleet.arrive(strategy, { nowMs, random })
      }
      for (let second = 0; second < 8; second++) turn(500, 0)
      expect(fleet.maxOverFair).toBeLessThanOrEqual(1.15)
      for (let second = 0; second < 10; second++) {
        turn(200, 200)
        expect(fleet.maxOverFair).toBeLessThanOrEqual(1.15)
      }
      const homeless = fleet.kill('n7')
      turn(homeless, 0)
      expect(fleet.maxOverFair).toBeLessThanOrEqual(1.15)
    }
  })

  const stale = fc.oneof(
    fc.constant(undefined),
    fc.record({
      headroom: fc.double({ min: 0, max: 100, noNaN: true }),
      sessions: fc.nat(10_000),
      atMs: fc.double({ min: 0, max: NOW_MS - REPORT_TTL_MS - 1, noNaN: true }),
    }),
    fc.record({
      headroom: fc.double({ min: 0, max: 100 }),
      sessions: fc.nat(),
      atMs: fc.constant(NOW_MS + 1),
    }),
    fc.record({
      headroom: fc.constantFrom(-1, 101, 1e9, Infinity, NaN),
      sessions: fc.nat(),
      atMs: fc.constant(NOW_MS),
    }),
    fc.record({
      headroom: fc.constant(100),
      sessions: fc.constantFrom(-1, NaN, Infinity),
      atMs: fc.constant(NOW_MS),
    }),
  )
  const report = fc.record({
    headroom: fc.integer({ min: 0, max: 100 }),
    sessions: fc.nat(10_000),
    atMs: fc.integer({ min: NOW_MS - REPORT_TTL_MS, max: NOW_MS }),
  })

  test('what a stale, future or impossible report says makes no difference to any pick', () => {
    fc.assert(
      fc.property(
        fc.array(report, { minLength: 1, maxLength: 6 }),
        stale,
        fc.integer(),
        (reports, stale, seed) => {
          const others = reports.map((report, i) => endpointOf({ id: `n${i}`, report }))
          const picks = (subject: Endpoint) => {
            const request = at(seed)
            return Array.from({ length: 50 }, () => strategy.pick([...others, subject], request)?.id)
          }
          expect(picks(endpointOf({ id: 'x', report: stale }))).toEqual(picks(endpointOf({ id: 'x' })))
        },
      ),
    )
  })

  test('without a fresh report an endpoint gets a trickle: enough to become known, no more than its share', () => {
    for (const nodes of [2, 3, 8]) {
      const fresh = { headroom: 5, sessions: 900, atMs: NOW_MS }
      const others = Array.from({ length: nodes - 1 }, (_, i) => endpointOf({ id: `n${i}`, report: fresh }))
      const lost = endpointOf({ id: 'x', report: { headroom: 100, sessions: 0, atMs: NOW_MS - 10_000 } })
      const share = (tally(strategy, [lost, ...others], 20_000, at(nodes))[0] ?? 0) / 20_000
      expect(share).toBeGreaterThan(0)
      expect(share).toBeLessThan((2 / nodes) * UNKNOWN_WINS * 1.25)
    }
  })

  test('when nobody reports, sessions still spread by weight and connections', () => {
    const fleet = new Fleet([1, 1, 2, 4])
    const request = at(5)
    for (let i = 0; i < 2_000; i++) fleet.arrive(strategy, request)
    expect(fleet.maxOverFair).toBeLessThan(1.1)
  })

  test('a fresh endpoint in slow start is looked at by its warmth', () => {
    const others = ['a', 'b', 'c'].map((id) =>
      endpointOf({ id, report: { headroom: 50, sessions: 500, atMs: NOW_MS } }),
    )
    const fresh = endpointOf({
      id: 'x',
      readySinceMs: NOW_MS,
      report: { headroom: 100, sessions: 0, atMs: NOW_MS },
    })
    const share = (tally(strategy, [fresh, ...others], 10_000, at(9))[0] ?? 0) / 10_000
    expect(share).toBeLessThan(0.08)
  })

  test('a report counts less with each session that was sent there since', () => {
    const busy = { headroom: 60, sessions: 100, atMs: NOW_MS }
    const a = endpointOf({ id: 'a', report: { ...busy, headroom: 70 }, sinceReport: 50 })
    const b = endpointOf({ id: 'b', report: busy })
    expect(strategy.pick([a, b], at(1))?.id).toBe('b')
    expect(strategy.pick([{ ...a, sinceReport: 0 }, b], at(1))?.id).toBe('a')
  })

  test('who has a third of the sessions there takes each of its picks for three', () => {
    const report = { headroom: 60, sessions: 300, atMs: NOW_MS }
    const alone = endpointOf({ id: 'a', report, connections: 330, sinceReport: 30 })
    const third = endpointOf({ id: 'a', report, connections: 100 + 10, sinceReport: 10 })
    const seen = (endpoint: Endpoint): number => expectedHeadroom(endpoint, NOW_MS, REPORT_TTL_MS) ?? NaN
    expect(seen(alone)).toBeCloseTo(56, 5)
    expect(seen(third)).toBeCloseTo(56, 0)
  })

  test('one pick never stands for more than a twentieth of what an endpoint has, and none attracts', () => {
    fc.assert(
      fc.property(report, fc.nat(10_000), fc.nat(100), (report, connections, sinceReport) => {
        const known = endpointOf({ id: 'a', report, connections: connections + sinceReport })
        const expected = expectedHeadroom({ ...known, sinceReport }, NOW_MS, REPORT_TTL_MS) ?? NaN
        const used = 100 - report.headroom
        const most = used * sinceReport * (1 / 20 + 1 / 50)
        expect(expected).toBeLessThanOrEqual(report.headroom)
        expect(expected).toBeGreaterThanOrEqual(Math.max(0, report.headroom - most) - 1e-9)
      }),
    )
  })
})
