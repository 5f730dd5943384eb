import { expect, test } from 'vitest'
import { endpointsOfNodes } from './endpoints.ts'
import { atRest } from './static-list.ts'

test('a list that is kept tells what endpoints can carry, whatever they had left when it was made', () => {
  const node = (host: string, weight: number, headroom: number | undefined) => ({
    state: 'ready' as const,
    zone: '',
    region: '',
    address: `wss://${host}`,
    weight,
    heardAgeMs: 0,
    missed: 0,
    load: headroom === undefined ? null : { headroom },
  })
  const live = endpointsOfNodes([
    node('idle', 2, 100),
    node('half', 2, 50),
    node('full', 2, 0),
    node('merged', 1, 30),
    node('merged', 3, 70),
  ])
  const rest = atRest(live)
  expect(rest.map(({ id, weight }) => [id, weight])).toEqual([
    ['wss://idle', 2],
    ['wss://half', 2],
    ['wss://full', 2],
    ['wss://merged', 4],
  ])
  expect(rest.some((endpoint) => 'headroom' in endpoint)).toBe(false)
})
