import { describe, expect, test } from 'vitest'
import { healthOf, type HealthEvidence } from './health.ts'

const WELL: HealthEvidence = {
  state: 'running',
  path: 'working',
  pathWhy: 'the path',
  tail: 'following',
  standing: 'member',
  clockFault: undefined,
}

describe('health', () => {
  test('of a node that is well has no reasons', () => {
    expect(healthOf(WELL)).toEqual({ live: true, ready: true, degraded: false, reasons: [] })
    expect(healthOf({ ...WELL, standing: 'alone' })).toMatchObject({ ready: true, degraded: false })
  })

  test.each<Partial<HealthEvidence>>([
    { state: 'starting' },
    { state: 'draining' },
    { state: 'stopping' },
    { tail: 'starting' },
    { path: 'failing' },
    { standing: 'refused' },
    { clockFault: 'the clock is off' },
  ])('with %j: live, not ready, and it says why', (change) => {
    const health = healthOf({ ...WELL, ...change })
    expect(health).toMatchObject({ live: true, ready: false, degraded: false })
    expect(health.reasons).toHaveLength(1)
  })

  test.each<Partial<HealthEvidence>>([{ path: 'degraded' }, { tail: 'behind' }, { standing: 'outside' }])(
    'with %j, which all may share: ready and degraded, and it says why',
    (change) => {
      const health = healthOf({ ...WELL, ...change })
      expect(health).toMatchObject({ live: true, ready: true, degraded: true })
      expect(health.reasons).toHaveLength(1)
    },
  )

  test('what bars comes before what burdens', () => {
    const { reasons } = healthOf({ ...WELL, state: 'draining', tail: 'behind' })
    expect(reasons[0]).toMatch(/draining/)
    expect(reasons[1]).toMatch(/log/)
  })
})
