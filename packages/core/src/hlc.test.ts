import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HLC_TICKS_PER_MS, hlcFromMs, hlcNext, hlcToMs } from './hlc.ts'

const ms = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) })

describe('hybrid logical clock', () => {
  test('is after everything seen and never before the clock', () => {
    fc.assert(
      fc.property(ms, fc.array(ms.map(hlcFromMs)), (nowMs, seen) => {
        const next = hlcNext(nowMs, ...seen)
        for (const one of seen) expect(next).toBeGreaterThan(one)
        expect(hlcToMs(next)).toBeGreaterThanOrEqual(nowMs)
      }),
    )
  })

  test('grows with every reading although the clock jumps back and forth', () => {
    fc.assert(
      fc.property(fc.array(ms, { minLength: 2 }), (clock) => {
        let last = 0
        for (const nowMs of clock) {
          const next = hlcNext(nowMs, last)
          expect(next).toBeGreaterThan(last)
          last = next
        }
      }),
    )
  })

  test('carries into the milliseconds when more than 1,023 readings share one', () => {
    let last = hlcFromMs(1_000)
    for (let i = 0; i < HLC_TICKS_PER_MS; i++) last = hlcNext(1_000, last)
    expect(hlcToMs(last)).toBe(1_001)
  })

  test('gives the milliseconds back, and drops fractions of one', () => {
    fc.assert(
      fc.property(ms, (at) => {
        expect(hlcToMs(hlcFromMs(at))).toBe(at)
      }),
    )
    expect(hlcToMs(hlcFromMs(12.9))).toBe(12)
  })

  test('stays a safe integer until 2248', () => {
    expect(Number.isSafeInteger(hlcNext(Date.UTC(2248, 0, 1)))).toBe(true)
  })
})
