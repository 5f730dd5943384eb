import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { platformRandom, randomInt, seededRandom, type Random } from './random.ts'

const draw = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.next())

describe('seededRandom', () => {
  test('gives the same numbers for the same seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(draw(seededRandom(seed), 20)).toEqual(draw(seededRandom(seed), 20))
      }),
    )
  })

  test('gives these numbers for seed 1, in every release: recorded seeds must stay reproducible', () => {
    expect(draw(seededRandom(1), 3).map((value) => value * 2 ** 32)).toMatchInlineSnapshot(`
      [
        2420951833,
        2513034076,
        3847892949,
      ]
    `)
  })

  test('gives other numbers for the neighbouring seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(draw(seededRandom(seed), 5)).not.toEqual(draw(seededRandom(seed + 1), 5))
      }),
    )
  })
})

describe.each([
  ['seededRandom', () => seededRandom(42)],
  ['platformRandom', () => platformRandom()],
])('%s', (_name, make) => {
  test('is uniform in [0, 1)', () => {
    const values = draw(make(), 20_000)
    for (const value of values) expect(value >= 0 && value < 1).toBe(true)
    for (let tenth = 0; tenth < 10; tenth++) {
      const inside = values.filter((value) => Math.floor(value * 10) === tenth).length
      // six standard deviations: it fails once in a billion runs
      expect(Math.abs(inside - 2_000)).toBeLessThan(6 * Math.sqrt(20_000 * 0.1 * 0.9))
    }
  })
})

test('randomInt stays below its bound at the upper end of randomness', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (bound) => {
      expect(randomInt({ next: () => 1 - 2 ** -53 }, bound)).toBe(bound - 1)
      expect(randomInt({ next: () => 0 }, bound)).toBe(0)
    }),
  )
})
