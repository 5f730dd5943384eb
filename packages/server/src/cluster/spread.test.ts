import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMoves, countOf, spread, type Moves } from './spread.ts'

const shares = fc
  .array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 })
  .map((weights) => weights.map((weight, i) => ({ id: `n${i}`, weight })))

describe('spreading', () => {
  test('many small rounds end as one large one', () => {
    fc.assert(
      fc.property(shares, fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }), (to, rounds) => {
        let moved: Moves = new Map()
        for (const count of rounds) moved = addMoves(moved, spread(count, to, moved))
        const total = rounds.reduce((a, b) => a + b, 0)
        expect(countOf(moved)).toBe(total)
        const atOnce = spread(total, to)
        for (const { id } of to) expect(moved.get(id) ?? 0).toBe(atOnce.get(id) ?? 0)
      }),
    )
  })

  test('everybody is within one and a half of its share', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
        fc.nat(500),
        (pair, count) => {
          const [a, b] = pair
          const moves = spread(count, [
            { id: 'a', weight: a },
            { id: 'b', weight: b },
          ])
          expect(Math.abs((moves.get('a') ?? 0) - (count * a) / (a + b))).toBeLessThanOrEqual(1.5)
        },
      ),
    )
  })

  test('a weight of nothing gets nothing, and no weights at all get nothing', () => {
    expect(
      spread(5, [
        { id: 'a', weight: 0 },
        { id: 'b', weight: 1 },
      ]),
    ).toEqual(new Map([['b', 5]]))
    expect(spread(5, [{ id: 'a', weight: 0 }]).size).toBe(0)
    expect(spread(5, []).size).toBe(0)
  })
})
