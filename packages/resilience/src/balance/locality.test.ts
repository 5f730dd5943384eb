import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_BALANCER } from './balancer.ts'
import { endpointOf, type Endpoint } from './endpoint.ts'
import { localityLevels } from './locality.ts'

const home = { zone: 'a', region: 'eu' }
const options = { ...DEFAULT_BALANCER, home }
const places = {
  zone: { zone: 'a', region: 'eu' },
  region: { zone: 'b', region: 'eu' },
  elsewhere: { zone: 'a', region: 'us' },
}

/** 100 endpoints there, so many of them healthy. */
const level = (place: keyof typeof places, healthy: number): Endpoint[] =>
  Array.from({ length: 100 }, (_, i) =>
    endpointOf({ id: `${place}-${i}`, ...places[place], state: i < healthy ? 'healthy' : 'ejected' }),
  )
const percent = (endpoints: readonly Endpoint[]) =>
  localityLevels(endpoints, 0, options).map(
    ({ share, panic }) => `${Math.round(share * 100)}${panic ? '!' : ''}`,
  )

describe('locality', () => {
  // Envoy's own tables, "Priority levels" and "Panic threshold"; `!` is panic.
  test.each([
    [100, 100, ['100', '0']],
    [72, 72, ['100', '0']],
    [71, 71, ['99', '1']],
    [50, 50, ['70', '30']],
    [25, 100, ['35', '65']],
    [25, 25, ['50!', '50!']],
    [5, 65, ['7!', '93']],
    [0, 100, ['0', '100']],
    [0, 0, ['50!', '50!']],
  ])('%i %% healthy in the zone and %i %% in the region: %j', (near, far, expected) => {
    expect(percent([...level('zone', near), ...level('region', far)])).toEqual(expected)
  })

  test('the nearest level first, each with its own', () => {
    const all = [...level('elsewhere', 100), ...level('region', 20), ...level('zone', 20)]
    expect(localityLevels(all, 0, options).map(({ distance }) => distance)).toEqual([
      'zone',
      'region',
      'elsewhere',
    ])
    expect(percent(all)).toEqual(['28', '28', '44'])
  })

  test('a healthy zone without headroom spills over too, and that alone is no panic', () => {
    const report = { headroom: 5, sessions: 100, atMs: 0 }
    const full = level('zone', 100).map((endpoint) => ({ ...endpoint, report }))
    expect(percent([...full, ...level('region', 100)])).toEqual(['70', '30'])
    expect(percent(full.map((endpoint) => ({ ...endpoint, report: { ...report, headroom: 0 } })))).toEqual([
      '100',
    ])
  })

  test('without a home all endpoints are one level', () => {
    expect(
      localityLevels([...level('elsewhere', 100), ...level('zone', 0)], 0, DEFAULT_BALANCER),
    ).toHaveLength(1)
  })

  const endpoint = fc.record({
    weight: fc.constantFrom(0, 1, 2, 5, NaN, -1),
    state: fc.constantFrom<Endpoint['state']>('healthy', 'ejected', 'draining'),
    zone: fc.constantFrom('a', 'b'),
    region: fc.constantFrom('eu', 'us'),
    headroom: fc.integer({ min: 0, max: 100 }),
  })

  test('shares sum up to 1, and whoever is given something has candidates that are present', () => {
    fc.assert(
      fc.property(fc.array(endpoint, { maxLength: 12 }), (known) => {
        const endpoints = known.map(({ headroom, ...one }, i) =>
          endpointOf({ id: `n${i}`, ...one, report: { headroom, sessions: 10, atMs: 0 } }),
        )
        const levels = localityLevels(endpoints, 0, options)
        if (levels.length > 0) expect(levels.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
        for (const { share, panic, candidates } of levels) {
          if (share > 1e-12) expect(candidates).not.toEqual([])
          for (const { state, weight } of candidates) {
            expect(state).not.toBe('draining')
            expect(weight).toBeGreaterThan(0)
            if (!panic) expect(state).toBe('healthy')
          }
        }
      }),
    )
  })
})
