import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomName, uuidv7, uuidv7TimeMs } from './ids.ts'
import { seededRandom } from './random.ts'

const FORMAT = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const ms = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const at = (nowMs: number) => ({ now: () => nowMs })

describe('uuidv7', () => {
  test('has the version and variant of RFC 9562 at every time', () => {
    fc.assert(
      fc.property(ms, fc.integer(), (nowMs, seed) => {
        expect(uuidv7(at(nowMs), seededRandom(seed))).toMatch(FORMAT)
      }),
    )
  })

  test('keeps its format when randomness is at either end', () => {
    expect(uuidv7(at(0), { next: () => 0 })).toBe('00000000-0000-7000-8000-000000000000')
    expect(uuidv7(at(2 ** 48 - 1), { next: () => 1 - 2 ** -53 })).toBe('ffffffff-ffff-7fff-bfff-ffffffffffff')
  })

  test('sorts by time as text', () => {
    fc.assert(
      fc.property(ms, ms, fc.integer(), (one, other, seed) => {
        fc.pre(one < other)
        const random = seededRandom(seed)
        expect(uuidv7(at(one), random) < uuidv7(at(other), random)).toBe(true)
      }),
    )
  })

  test('tells its time, and only its own', () => {
    fc.assert(
      fc.property(ms, (nowMs) => {
        expect(uuidv7TimeMs(uuidv7(at(nowMs), seededRandom(1)))).toBe(nowMs)
      }),
    )
    expect(uuidv7TimeMs('f81d4fae-7dec-11d0-a765-00a0c91e6bf6')).toBeNaN()
    expect(uuidv7TimeMs('')).toBeNaN()
  })

  test('does not repeat within one millisecond', () => {
    const random = seededRandom(7)
    expect(new Set(Array.from({ length: 10_000 }, () => uuidv7(at(1), random))).size).toBe(10_000)
  })
})

describe('randomName', () => {
  test('has the asked length and no look-alikes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer(), (length, seed) => {
        expect(randomName(seededRandom(seed), length)).toMatch(new RegExp(`^[0-9a-hjkmnp-tv-z]{${length}}$`))
      }),
    )
  })
})
