import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  breakerAdmits,
  breakerStep,
  closedBreaker,
  type BreakerEvent,
  type BreakerOptions,
  type BreakerState,
} from './breaker.ts'

const options: BreakerOptions = { failures: 3, baseMs: 1_000, maxMs: 30_000, probeMs: 5_000 }
const roll = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const happening = fc.record({
  event: fc.constantFrom<BreakerEvent>('asked', 'succeeded', 'failed'),
  afterMs: fc.nat({ max: 60_000 }),
  roll,
})

const run = (state: BreakerState, events: readonly BreakerEvent[], nowMs = 0): BreakerState =>
  events.reduce((now, event) => breakerStep(now, event, { nowMs, roll: 0.5 }, options), state)
const opened = run(closedBreaker, ['failed', 'failed', 'failed'])

type Name = BreakerState['name']
const states: Record<Name, BreakerState> = {
  closed: closedBreaker,
  open: opened,
  halfOpen: run(opened, ['asked'], 500),
}
const table: Record<Name, Record<BreakerEvent, Name>> = {
  closed: { asked: 'closed', succeeded: 'closed', failed: 'closed' },
  open: { asked: 'halfOpen', succeeded: 'closed', failed: 'open' },
  halfOpen: { asked: 'halfOpen', succeeded: 'closed', failed: 'open' },
}

describe('a circuit breaker', () => {
  const cells = (Object.keys(table) as Name[]).flatMap((name) =>
    (Object.keys(table[name]) as BreakerEvent[]).map((event) => [name, event] as const),
  )
  test.each(cells)('%s: %s', (name, event) => {
    expect(run(states[name], [event], 600).name).toBe(table[name][event])
  })

  test('opens at the last of the failures in a row, and a success between begins the count anew', () => {
    expect(run(closedBreaker, ['failed', 'failed', 'succeeded', 'failed', 'failed']).name).toBe('closed')
    expect(opened).toEqual({ name: 'open', openings: 1, untilMs: 500, reason: 'failuresInRow' })
  })

  test('admits nothing while open, then one probe, then nothing until its end is known', () => {
    expect([499, 500].map((nowMs) => breakerAdmits(opened, nowMs))).toEqual([false, true])
    const probing = run(opened, ['asked'], 500)
    expect(breakerAdmits(probing, 501)).toBe(false)
    expect(breakerAdmits(run(probing, ['succeeded'], 510), 510)).toBe(true)
    expect(breakerAdmits(run(probing, ['failed'], 510), 511)).toBe(false)
  })

  test('a probe that nobody ended does not close the way for good', () => {
    const probing = run(opened, ['asked'], 500)
    expect(breakerAdmits(probing, 5_500)).toBe(true)
  })

  test('stays open for longer after each probe that failed, up to its bound', () => {
    let state = opened
    const waits: number[] = []
    for (let i = 0; i < 8; i++) {
      state = run(state, ['asked', 'failed'], 1_000)
      if (state.name === 'open') waits.push(state.untilMs - 1_000)
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000])
  })

  test('whatever happens, it admits again within its bound', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 50 }), (happenings) => {
        let state = closedBreaker
        let nowMs = 0
        for (const { event, afterMs, roll } of happenings) {
          nowMs += afterMs
          state = breakerStep(state, event, { nowMs, roll }, options)
          expect(breakerAdmits(state, nowMs + Math.max(options.maxMs, options.probeMs))).toBe(true)
        }
      }),
    )
  })

  test('of callers that ask first, at most one is under way when it is not closed', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 100 }), (happenings) => {
        let state = opened
        let nowMs = 0
        let probes: number[] = []
        for (const { event, afterMs, roll } of happenings) {
          nowMs += afterMs
          probes = probes.filter((sinceMs) => nowMs - sinceMs < options.probeMs)
          if (event === 'asked') {
            if (!breakerAdmits(state, nowMs) || state.name === 'closed') continue
            probes.push(nowMs)
          } else {
            if (probes.length === 0) continue
            probes = []
          }
          state = breakerStep(state, event, { nowMs, roll }, options)
          expect(probes.length).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  test.each([
    [{ ...options, failures: 0 }, 'failures must be at least 1, got 0'],
    [{ ...options, probeMs: 0 }, 'probeMs must be above 0, got 0'],
  ])('refuses %j by name and value', (bad, message) => {
    expect(() => breakerStep(closedBreaker, 'failed', { nowMs: 0, roll: 0 }, bad)).toThrow(message)
  })
})
