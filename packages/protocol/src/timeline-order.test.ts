import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { event } from './testing/arbitrary-frames.ts'
import { compareTimeline, foldTimeline } from './timeline-order.ts'

/** Few values, so that ties and repetitions are common. */
const crowded = fc
  .record({
    event,
    hlc: fc.nat({ max: 3 }),
    seq: fc.nat({ max: 3 }),
    origin: fc.constantFrom('eu.a', 'eu.b', 'us.a', 'eu-2.a'),
    sender: fc.constantFrom('ann', 'bob'),
    clientId: fc.constantFrom('01890a5d-ac96-774b-bcce-b302099a8057', '01890a5d-ac96-774b-bcce-b302099a8058'),
  })
  .map(({ event: base, ...rest }) => ({ ...base, ...rest }))

/** As a log is: one event at each place. */
const log = fc.uniqueArray(crowded, { maxLength: 12, selector: (one) => `${one.origin}/${one.seq}` })

describe('ORDER1 the order of a timeline', () => {
  test('is total: antisymmetric, transitive, and equal only for the same place', () => {
    fc.assert(
      fc.property(crowded, crowded, crowded, (a, b, c) => {
        expect(Math.sign(compareTimeline(a, b))).toBe(0 - Math.sign(compareTimeline(b, a)))
        if (compareTimeline(a, b) <= 0 && compareTimeline(b, c) <= 0)
          expect(compareTimeline(a, c)).toBeLessThanOrEqual(0)
        const samePlace = a.hlc === b.hlc && a.origin === b.origin && a.seq === b.seq
        expect(compareTimeline(a, b) === 0).toBe(samePlace)
      }),
      { numRuns: 1_000 },
    )
  })

  test('compares hlc before region, region before seq, and regions without their incarnation', () => {
    const at = (hlc: number, origin: string, seq: number) => ({ hlc, origin, seq })
    expect(compareTimeline(at(1, 'us.a', 9), at(2, 'eu.a', 1))).toBeLessThan(0)
    expect(compareTimeline(at(1, 'eu.z', 9), at(1, 'us.a', 1))).toBeLessThan(0)
    expect(compareTimeline(at(1, 'eu.z', 1), at(1, 'eu.a', 2))).toBeLessThan(0)
    expect(compareTimeline(at(1, 'eu.z', 9), at(1, 'eu-2.a', 1))).toBeLessThan(0)
  })
})

describe('ORDER2 the fold', () => {
  test('is the same whatever the order of arrival, and when some arrive twice', () => {
    fc.assert(
      fc.property(
        log.chain((events) =>
          fc.tuple(
            fc.constant(events),
            fc.shuffledSubarray(events),
            fc.shuffledSubarray(events, { minLength: events.length }),
          ),
        ),
        ([events, again, shuffled]) => {
          expect(foldTimeline([...shuffled, ...again])).toEqual(foldTimeline(events))
        },
      ),
    )
  })

  test('holds each message once, the earliest, in order', () => {
    fc.assert(
      fc.property(log, (events) => {
        const folded = foldTimeline(events)
        expect(new Set(folded.map((one) => `${one.sender}/${one.clientId}`)).size).toBe(folded.length)
        for (const one of events) {
          const kept = folded.find((other) => other.sender === one.sender && other.clientId === one.clientId)
          expect(kept && compareTimeline(kept, one)).toBeLessThanOrEqual(0)
        }
        for (const [index, one] of folded.entries()) {
          const next = folded[index + 1]
          if (next !== undefined) expect(compareTimeline(one, next)).toBeLessThanOrEqual(0)
        }
      }),
    )
  })
})
