import { seededRandom } from '@skein/core'
import { createBalancer, endpointOf, STRATEGY_NAMES, type EndpointState } from '@skein/resilience'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { candidatesOf, type Candidate } from './candidates.ts'

const node = (
  id: string,
  { welcome = true, state = 'healthy' }: { welcome?: boolean; state?: EndpointState } = {},
): Candidate => ({ endpoint: endpointOf({ id, state }), welcome })

const ids = (nodes: readonly Candidate[], ...tried: readonly string[]) =>
  candidatesOf(nodes, new Set(tried)).map(({ id }) => id)

test('those that want new clients, and not those that have failed this one', () => {
  const nodes = [node('a'), node('b', { welcome: false }), node('c')]
  expect(ids(nodes)).toEqual(['a', 'c'])
  expect(ids(nodes, 'a')).toEqual(['c'])
})

test('when none of them is left the others are tried, draining ones too', () => {
  const nodes = [node('a'), node('b', { welcome: false }), node('c', { welcome: false, state: 'draining' })]
  expect(ids(nodes, 'a')).toEqual(['b', 'c'])
  expect(candidatesOf(nodes, new Set(['a'])).map(({ state }) => state)).toEqual(['healthy', 'healthy'])
  expect(ids(nodes, 'a', 'b', 'c')).toEqual([])
})

const fleet = fc.uniqueArray(
  fc.record({
    endpoint: fc
      .record({
        id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        state: fc.constantFrom<EndpointState>('healthy', 'ejected'),
        connections: fc.nat({ max: 3 }),
      })
      .map(endpointOf),
    welcome: fc.boolean(),
  }),
  { selector: ({ endpoint }) => endpoint.id },
)

test('asking again and again reaches every node once, the welcome ones first, by any strategy', () => {
  fc.assert(
    fc.property(
      fleet,
      fc.constantFrom(...STRATEGY_NAMES),
      fc.option(fc.constantFrom('a', 'b', 'x'), { nil: undefined }),
      fc.nat(),
      (nodes, strategy, steerTo, seed) => {
        const balancer = createBalancer({ strategy })
        const random = seededRandom(seed)
        const tried = new Set<string>()
        for (;;) {
          const request = { nowMs: 0, random, key: '203.0.113.7', steerTo }
          const picked = balancer.pick(candidatesOf(nodes, tried), request)
          if (picked === undefined) break
          expect(tried.has(picked.id)).toBe(false)
          tried.add(picked.id)
        }
        expect(tried.size).toBe(nodes.length)
        const welcome = [...tried].map((id) => nodes.find(({ endpoint }) => endpoint.id === id)?.welcome)
        expect(welcome).toEqual([...welcome].sort((one, other) => Number(other) - Number(one)))
      },
    ),
  )
})
