import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BreakerChange, BreakerOptions } from './breaker.ts'
import { CircuitBreaker, type BreakerCall } from './circuit-breaker.ts'

const rates = { windowMs: 10_000, minimumCalls: 10, failureShare: 0.5, slowMs: 200, slowShare: 0.8 }
const options: BreakerOptions = { failures: 5, baseMs: 1_000, maxMs: 30_000, probeMs: 5_000, rates }

function watched(change: Partial<BreakerOptions> = {}) {
  const told: BreakerChange[] = []
  const breaker = new CircuitBreaker({ ...options, ...change }, { next: () => 0.5 }, (one) => told.push(one))
  const call = (nowMs: number, ok: boolean, tookMs = 1) => {
    const begun = breaker.begin(nowMs)
    if (ok) begun?.succeeded(nowMs + tookMs)
    else begun?.failed(nowMs + tookMs)
  }
  return { breaker, call, reasons: () => told.map(({ to, reason }) => `${to}: ${reason}`) }
}

describe('a circuit breaker that many call', () => {
  test('opens at failures in a row, also before there are enough calls for a rate', () => {
    const { call, reasons } = watched()
    for (let i = 0; i < 5; i++) call(i, false)
    expect(reasons()).toEqual(['open: failuresInRow'])
  })

  test('opens at a failure rate, but not below its minimum of calls', () => {
    const { call, reasons } = watched()
    for (let i = 0; i < 9; i++) call(i, i % 2 === 0)
    expect(reasons()).toEqual([])
    call(9, false)
    call(10, false)
    expect(reasons()).toEqual(['open: failureRate'])
  })

  test('opens when too many are slow, though none fails', () => {
    const { call, reasons } = watched()
    for (let i = 0; i < 10; i++) call(i, true, i < 2 ? 200 : 201)
    expect(reasons()).toEqual(['open: slowCalls'])
  })

  test('what is longer ago than the window does not count', () => {
    const { call, reasons } = watched()
    for (let i = 0; i < 9; i++) call(i, true, 500)
    for (let i = 0; i < 9; i++) call(10_000 + i, true)
    call(10_010, true, 500)
    expect(reasons()).toEqual([])
  })

  test('tells each change with its reason: a slow probe, a failed one, a good one', () => {
    const { breaker, call, reasons } = watched()
    for (let i = 0; i < 5; i++) call(i, false)
    for (const [ok, tookMs] of [
      [true, 201],
      [false, 1],
      [true, 1],
    ] as const) {
      const atMs = 100_000 + breaker.retryAfterMs(100_000)
      call(atMs, ok, tookMs)
    }
    expect(reasons()).toEqual([
      'open: failuresInRow',
      'halfOpen: probing',
      'open: probeSlow',
      'halfOpen: probing',
      'open: probeFailed',
      'halfOpen: probing',
      'closed: succeeded',
    ])
  })

  test('calls that began before it opened tell nothing: it stays open though they succeed', () => {
    const { breaker, call } = watched()
    const earlier = Array.from({ length: 3 }, () => breaker.begin(0))
    for (let i = 0; i < 5; i++) call(i, false)
    for (const one of earlier) one?.succeeded(20)
    expect(breaker.state.name).toBe('open')
    const probe = breaker.begin(10_000)
    earlier[0]?.failed(10_001)
    expect(breaker.state.name).toBe('halfOpen')
    probe?.succeeded(10_002)
    expect(breaker.state.name).toBe('closed')
  })

  test('half-open lets exactly one probe through, whoever asks and ends in whatever order', () => {
    const step = fc.record({
      asks: fc.integer({ min: 1, max: 5 }),
      afterMs: fc.nat(4_000),
      ends: fc.array(fc.tuple(fc.nat(10), fc.boolean()), { maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer(), (steps, seed) => {
        const breaker = new CircuitBreaker(options, seededRandom(seed))
        const calls: BreakerCall[] = []
        let nowMs = 0
        let probingSinceMs = -Infinity
        for (const { asks, afterMs, ends } of steps) {
          nowMs += afterMs
          for (const [which, ok] of ends) {
            const call = calls[which % Math.max(1, calls.length)]
            if (ok) call?.succeeded(nowMs)
            else call?.failed(nowMs)
          }
          for (let i = 0; i < asks; i++) {
            const before = breaker.state
            const begun = breaker.begin(nowMs)
            if (begun !== undefined) calls.push(begun)
            if (before.name === 'closed') expect(begun).toBeDefined()
            if (before.name === 'open') expect(begun !== undefined).toBe(nowMs >= before.untilMs)
            if (before.name === 'halfOpen') {
              expect(begun !== undefined).toBe(nowMs - probingSinceMs >= options.probeMs)
            }
            if (breaker.state.name === 'halfOpen' && begun !== undefined) probingSinceMs = nowMs
          }
        }
      }),
    )
  })

  test('whatever happened, it lets somebody through within its bound', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (ends) => {
        const { breaker, call } = watched()
        for (const [i, ok] of ends.entries()) call(i * 700, ok)
        expect(breaker.retryAfterMs(ends.length * 700)).toBeLessThanOrEqual(options.maxMs)
      }),
    )
  })

  test.each([
    [{ failures: 0 }, 'failures must be at least 1, got 0'],
    [{ baseMs: 0 }, 'baseMs must be above 0, got 0'],
    [{ rates: { ...rates, failureShare: 50 } }, /failureShare must be between .* and 1, got 50/],
    [{ rates: { ...rates, minimumCalls: 0 } }, 'minimumCalls must be at least 1, got 0'],
    [{ rates: { ...rates, windowMs: NaN } }, 'windowMs must be above 0, got NaN'],
  ])('refuses %j at the start', (bad, message) => {
    expect(() => watched(bad)).toThrow(message)
  })
})
