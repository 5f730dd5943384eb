import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConcurrencyLimiter, type LimitedCall } from './concurrency-limiter.ts'
import { DEFAULT_GRADIENT, gradientStart, gradientStep } from './gradient.ts'

describe('the gradient', () => {
  test('stays within its bounds, whatever is measured', () => {
    const samples = fc.array(
      fc.record({
        rttMs: fc.double({ min: 0.01, max: 60_000, noNaN: true }),
        inFlight: fc.nat(500),
        dropped: fc.boolean(),
      }),
    )
    fc.assert(
      fc.property(samples, (samples) => {
        let state = gradientStart(DEFAULT_GRADIENT)
        for (const sample of samples) {
          const before = state.limit
          state = gradientStep(state, sample, DEFAULT_GRADIENT)
          expect(state.limit).toBeGreaterThanOrEqual(DEFAULT_GRADIENT.least)
          expect(state.limit).toBeLessThanOrEqual(DEFAULT_GRADIENT.most)
          if (sample.dropped) expect(state.limit).toBeLessThanOrEqual(before)
          else if (sample.inFlight < before / 2) expect(state.limit).toBe(before)
        }
      }),
    )
  })
})

/** A database with so many cores: round trips grow with what is above them. Returns when it ends. */
function load(limiter: ConcurrencyLimiter, cores: number, fromMs: number, seconds: number): number {
  const serviceMs = 10
  const running: { endsMs: number; call: LimitedCall }[] = []
  for (let ms = fromMs; ms < fromMs + seconds * 1_000; ms++) {
    for (const done of running.filter(({ endsMs }) => endsMs <= ms)) {
      running.splice(running.indexOf(done), 1)
      done.call.succeeded(ms)
    }
    for (let call = limiter.begin(ms); call !== undefined; call = limiter.begin(ms)) {
      running.push({ call, endsMs: ms + serviceMs * Math.max(1, (running.length + 1) / cores) })
    }
  }
  for (const { call } of running) call.ignored()
  return fromMs + seconds * 1_000
}

describe('adaptive concurrency', () => {
  test('grows to what the database takes, falls when it has less, and grows again', () => {
    const limiter = new ConcurrencyLimiter()
    let nowMs = load(limiter, 50, 0, 30)
    const wide = limiter.limit
    expect(wide).toBeGreaterThanOrEqual(50)
    nowMs = load(limiter, 10, nowMs, 10)
    expect(limiter.limit).toBeLessThan(wide / 2)
    expect(limiter.limit).toBeGreaterThanOrEqual(10)
    load(limiter, 50, nowMs, 30)
    expect(limiter.limit).toBeGreaterThanOrEqual(45)
  })

  test('never lets more in than its limit, and each end counts once', () => {
    const limiter = new ConcurrencyLimiter({ ...DEFAULT_GRADIENT, initial: 4 })
    const calls = Array.from({ length: 10 }, () => limiter.begin(0))
    expect(calls.filter((call) => call !== undefined)).toHaveLength(4)
    calls[0]?.ignored()
    calls[0]?.succeeded(1)
    expect(limiter.inFlight).toBe(3)
  })

  test('a call that was dropped lowers it at once', () => {
    const limiter = new ConcurrencyLimiter()
    limiter.begin(0)?.dropped(1_000)
    expect(limiter.limit).toBe(18)
  })

  test.each([
    [{ least: 0 }, 'least must be at least 1, got 0'],
    [{ most: 2 }, 'most must be at least 4, got 2'],
    [{ initial: 500 }, 'initial must be between 4 and 200, got 500'],
    [{ tolerance: 0.5 }, 'tolerance must be at least 1, got 0.5'],
  ])('refuses %j', (bad, message) => {
    expect(() => new ConcurrencyLimiter({ ...DEFAULT_GRADIENT, ...bad })).toThrow(message)
  })
})
