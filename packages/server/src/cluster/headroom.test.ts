import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { headroomOf, sharesLeft, type Signals } from './headroom.ts'

const IDLE: Signals = {
  sessions: 0,
  maxSessions: 1_000,
  acceptedPerSecond: 0,
  acceptLimitPerSecond: 1_000,
  messagesPerSecond: 0,
  loopLagP99Ms: 0,
  cpu: 0,
  rssBytes: 0,
  rssLimitBytes: 1_000,
  queueWaitMs: 0,
  busLagMs: null,
  path: 'working',
  probeOkAgeMs: null,
}

const upTo = (max: number) => fc.double({ min: 0, max, noNaN: true })
const path = fc.constantFrom('working' as const, 'degraded' as const, 'failing' as const)

const signals: fc.Arbitrary<Signals> = fc.record({
  sessions: fc.nat(2_000),
  maxSessions: fc.integer({ min: 1, max: 2_000 }),
  acceptedPerSecond: upTo(2_000),
  acceptLimitPerSecond: upTo(2_000),
  messagesPerSecond: upTo(100_000),
  loopLagP99Ms: upTo(400),
  cpu: upTo(3),
  rssBytes: upTo(2e9),
  rssLimitBytes: upTo(2e9),
  queueWaitMs: upTo(2_000),
  busLagMs: fc.option(upTo(5_000)),
  path,
  probeOkAgeMs: fc.option(upTo(60_000)),
})

/** More of any of these is less headroom, or as much. */
const BURDENS = [
  'sessions',
  'acceptedPerSecond',
  'loopLagP99Ms',
  'cpu',
  'rssBytes',
  'queueWaitMs',
  'busLagMs',
] as const

describe('headroom', () => {
  test.each<[Partial<Signals>, number, string | null]>([
    [{}, 100, null],
    [{ sessions: 1_000 }, 0, 'sessions'],
    [{ sessions: 250 }, 75, 'sessions'],
    [{ acceptedPerSecond: 400 }, 60, 'accepting'],
    [{ acceptedPerSecond: 400, acceptLimitPerSecond: 0 }, 100, null],
    [{ cpu: 0.9 }, 10, 'cpu'],
    [{ cpu: 1.4 }, 0, 'cpu'],
    [{ loopLagP99Ms: 100 }, 50, 'loop'],
    [{ queueWaitMs: 500 }, 50, 'queue'],
    [{ rssBytes: 900 }, 0, 'memory'],
    [{ rssBytes: 900, rssLimitBytes: 0 }, 100, null],
    [{ busLagMs: 500 }, 75, 'bus'],
    [{ path: 'failing' }, 0, 'path'],
    [{ path: 'degraded', busLagMs: 60_000 }, 100, null],
    [{ messagesPerSecond: 50_000 }, 100, null],
    [{ sessions: 500, cpu: 0.8 }, 20, 'cpu'],
  ])('of %j is what the scarcest resource has left: %i, of %s', (change, headroom, scarcest) => {
    expect(headroomOf({ ...IDLE, ...change })).toEqual({ headroom, scarcest })
  })

  test('is the least of its parts, and names the part that it is of', () => {
    fc.assert(
      fc.property(signals, (report) => {
        const shares = new Map(sharesLeft(report))
        const { headroom, scarcest } = headroomOf(report)
        const least = Math.min(...shares.values())
        expect(headroom).toBe(Math.round(least * 100))
        if (scarcest === null) expect(headroom).toBe(100)
        else expect(shares.get(scarcest)).toBe(least)
      }),
    )
  })

  test('never grows when a node has more of anything to do', () => {
    fc.assert(
      fc.property(signals, fc.constantFrom(...BURDENS), upTo(1e9), (report, burden, more) => {
        const heavier = { ...report, [burden]: (report[burden] ?? 0) + more }
        expect(headroomOf(heavier).headroom).toBeLessThanOrEqual(headroomOf(report).headroom)
      }),
    )
  })

  test('never shrinks when a node gets a higher bound', () => {
    const bounds = ['maxSessions', 'acceptLimitPerSecond', 'rssLimitBytes'] as const
    fc.assert(
      fc.property(signals, fc.constantFrom(...bounds), upTo(1e9), (report, bound, more) => {
        fc.pre(report[bound] > 0)
        const larger = { ...report, [bound]: report[bound] + more }
        expect(headroomOf(larger).headroom).toBeGreaterThanOrEqual(headroomOf(report).headroom)
      }),
    )
  })

  test('of anything at all is a whole number from 0 to 100, and what cannot be measured is taken for used up', () => {
    const anything = fc.double()
    fc.assert(
      fc.property(
        fc.record({
          sessions: anything,
          maxSessions: anything,
          acceptedPerSecond: anything,
          acceptLimitPerSecond: anything,
          messagesPerSecond: anything,
          loopLagP99Ms: anything,
          cpu: anything,
          rssBytes: anything,
          rssLimitBytes: anything,
          queueWaitMs: anything,
          busLagMs: fc.option(anything),
          path,
          probeOkAgeMs: fc.option(anything),
        }),
        (report) => {
          const { headroom } = headroomOf(report)
          expect(Number.isInteger(headroom) && headroom >= 0 && headroom <= 100).toBe(true)
          expect(headroomOf({ ...report, cpu: Number.NaN }).headroom).toBe(0)
        },
      ),
    )
  })
})
