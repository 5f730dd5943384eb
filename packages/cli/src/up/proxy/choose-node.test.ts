import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseNode, type Candidate } from './choose-node.ts'

const node = (name: string, ready: boolean, connections: number): Candidate => ({ name, ready, connections })
const choose = (
  candidates: readonly Candidate[],
  { wanted, tried = [], roll = 0 }: { wanted?: string; tried?: readonly string[]; roll?: number } = {},
) => chooseNode(candidates, { wanted, tried: new Set(tried), roll })

test('the ready node with the fewest connections is taken', () => {
  expect(choose([node('a', true, 3), node('b', true, 1), node('c', false, 0)])).toBe('b')
})

test('among equals the roll decides', () => {
  const equal = [node('a', true, 1), node('b', true, 1)]
  expect([choose(equal, { roll: 0 }), choose(equal, { roll: 0.99 })]).toEqual(['a', 'b'])
})

test('the wanted node is taken however many connections it has, but not while it is unready and another is not', () => {
  expect(choose([node('a', true, 9), node('b', true, 1)], { wanted: 'a' })).toBe('a')
  expect(choose([node('a', false, 0), node('b', true, 1)], { wanted: 'a' })).toBe('b')
  expect(choose([node('a', true, 0)], { wanted: 'nobody' })).toBe('a')
})

test('when none is ready all are tried, each once', () => {
  const sick = [node('a', false, 2), node('b', false, 1)]
  expect(choose(sick)).toBe('b')
  expect(choose(sick, { tried: ['b'] })).toBe('a')
  expect(choose(sick, { tried: ['a', 'b'] })).toBeUndefined()
  expect(choose([])).toBeUndefined()
})

const candidates = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    ready: fc.boolean(),
    connections: fc.nat({ max: 3 }),
  }),
  { selector: ({ name }) => name },
)

test('asking again and again reaches every node once, the ready ones first', () => {
  fc.assert(
    fc.property(
      candidates,
      fc.option(fc.constantFrom('a', 'b', 'x'), { nil: undefined }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (all, wanted, roll) => {
        const tried = new Set<string>()
        const order: Candidate[] = []
        for (;;) {
          const name = chooseNode(all, { wanted, tried, roll })
          const found = all.find((candidate) => candidate.name === name)
          if (found === undefined) break
          expect(tried.has(found.name)).toBe(false)
          tried.add(found.name)
          order.push(found)
        }
        expect(order).toHaveLength(all.length)
        const ready = order.map((candidate) => candidate.ready)
        expect(ready).toEqual([...ready].sort((one, other) => Number(other) - Number(one)))
      },
    ),
  )
})
