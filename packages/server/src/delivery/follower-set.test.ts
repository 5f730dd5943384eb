import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FollowerSet } from './follower-set.ts'

describe('a follower set', () => {
  it('is a set, however large it grows and shrinks', () => {
    const operation = fc.record({ add: fc.boolean(), item: fc.integer({ min: 0, max: 40 }) })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const set = new FollowerSet<number>()
        const model = new Set<number>()
        for (const { add, item } of operations) {
          if (add) {
            set.add(item)
            model.add(item)
          } else {
            set.delete(item)
            model.delete(item)
          }
          expect(set.size).toBe(model.size)
        }
        expect([...set].sort((a, b) => a - b)).toEqual([...model].sort((a, b) => a - b))
      }),
    )
  })

  it.each([3, 30])('may lose followers while it is walked over (%i)', (count) => {
    const set = new FollowerSet<number>()
    for (let item = 0; item < count; item++) set.add(item)
    const seen: number[] = []
    for (const item of set) {
      seen.push(item)
      set.delete(item)
    }
    expect(seen).toHaveLength(count)
    expect(set.size).toBe(0)
  })
})
