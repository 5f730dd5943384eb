import { seededRandom } from '@skein/core'
import { describe, expect, test } from 'vitest'
import { Admission, DEFAULT_ADMISSION, PRIORITIES, type Priority } from './admission.ts'

const CAPACITY_PER_MS = 1
const DEADLINE_MS = 2_000

interface Outcome {
  readonly good: number
  readonly worstWaitMs: number
  readonly asked: Record<Priority, number>
  readonly admitted: Record<Priority, number>
}

/** A server that serves one per millisecond; what waits longer than the deadline is served for nothing. */
function serve(perMs: number, mix: Record<Priority, number>, seconds: number, admission: Admission): Outcome {
  const random = seededRandom(5)
  const none = { resume: 0, existing: 0, new: 0, soft: 0 }
  const [asked, admitted] = [{ ...none }, { ...none }]
  const queue: number[] = []
  let [good, worstWaitMs, owed] = [0, 0, 0]
  const settleMs = 3_000
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs++) {
    for (owed += perMs; owed >= 1; owed--) {
      let roll = random.next()
      const priority = PRIORITIES.find((name) => (roll -= mix[name]) < 0) ?? 'soft'
      const verdict = admission.ask(priority, `user-${Math.floor(random.next() * 2_000)}`, nowMs)
      if (nowMs >= settleMs) asked[priority]++
      if (!verdict.admitted) continue
      if (nowMs >= settleMs) admitted[priority]++
      queue.push(nowMs)
    }
    for (let i = 0; i < CAPACITY_PER_MS; i++) {
      const sinceMs = queue.shift()
      if (sinceMs === undefined) break
      const waitMs = nowMs - sinceMs
      admission.waited(waitMs, nowMs)
      if (nowMs < settleMs) continue
      worstWaitMs = Math.max(worstWaitMs, waitMs)
      if (waitMs <= DEADLINE_MS) good++
    }
  }
  return { good: good / ((seconds * 1_000 - settleMs) * CAPACITY_PER_MS), worstWaitMs, asked, admitted }
}

const fresh = () => new Admission(DEFAULT_ADMISSION, seededRandom(1))
const evenly = { resume: 0.25, existing: 0.25, new: 0.25, soft: 0.25 }

describe('admission by queue wait', () => {
  test.each([1.5, 2, 5, 10])(
    'at %d times the capacity, goodput stays above 0.95 and waits below 250 ms',
    (times) => {
      const { good, worstWaitMs } = serve(times, evenly, 12, fresh())
      expect(good).toBeGreaterThan(0.95)
      expect(worstWaitMs).toBeLessThan(250)
    },
  )

  test('within the capacity nobody is turned away', () => {
    const { asked, admitted } = serve(0.8, evenly, 6, fresh())
    expect(admitted).toEqual(asked)
  })

  test('turns away typing and presence first, then new sessions; who resumes is let in', () => {
    const { asked, admitted } = serve(2, { resume: 0.2, existing: 0.2, new: 0.3, soft: 0.3 }, 12, fresh())
    expect(admitted.resume / asked.resume).toBeGreaterThan(0.99)
    expect(admitted.existing / asked.existing).toBeGreaterThan(0.95)
    expect(admitted.soft / asked.soft).toBeLessThan(0.1)
    expect(admitted.new / asked.new).toBeGreaterThan(admitted.soft / asked.soft)
  })

  test('of one priority alone, a part of the users is turned away, always the same for an hour', () => {
    const admission = fresh()
    serve(3, { resume: 0, existing: 1, new: 0, soft: 0 }, 10, admission)
    const { existing } = admission.open
    expect(existing).toBeGreaterThan(0.15)
    expect(existing).toBeLessThan(0.6)
    const verdicts = Array.from({ length: 20 }, () => admission.ask('existing', 'ada', 10_050).admitted)
    expect(new Set(verdicts).size).toBe(1)
  })

  test('opens again when the load is gone', () => {
    const admission = fresh()
    serve(5, evenly, 6, admission)
    expect(admission.open.soft).toBe(0)
    for (let ms = 6_000; ms < 36_000; ms += 5) {
      admission.ask('existing', `user-${ms % 97}`, ms)
      admission.waited(0, ms)
    }
    expect(admission.open).toEqual({ resume: 1, existing: 1, new: 1, soft: 1 })
  })

  test('with `rise` time passes also while those who were turned away are too few to be asked often', () => {
    const options = { ...DEFAULT_ADMISSION, mostRetryAfterMs: 2_000, rise: 0.01, mostDrain: 0.2 }
    const admission = new Admission(options, seededRandom(1))
    for (let ms = 0; ms < 5_000; ms++) {
      for (let user = 0; user < 5; user++) admission.ask('existing', `user-${(5 * ms + user) % 997}`, ms)
      admission.waited(100, ms)
    }
    expect(admission.open.existing).toBeLessThan(0.5)
    for (let ms = 6_000; ms <= 12_000; ms += 2_000) admission.ask('existing', 'user-7', ms)
    expect(admission.open.existing).toBe(1)
  })

  test('with `rise` a server that serves all it can opens in small steps; one that has room, or rest, fast', () => {
    const options = { ...DEFAULT_ADMISSION, mostRetryAfterMs: 2_000, rise: 0.01, mostDrain: 0.2 }
    const admission = new Admission(options, seededRandom(1))
    for (let ms = 0; ms < 3_000; ms++) {
      for (let user = 0; user < 5; user++) admission.ask('existing', `user-${(5 * ms + user) % 997}`, ms)
      admission.waited(100, ms)
    }
    const shut = admission.open.existing
    expect(shut).toBeLessThan(0.5)
    const calmAt = (ms: number): number => {
      admission.waited(0, ms)
      return admission.open.existing
    }
    let open = 0
    for (let ms = 3_000; ms < 5_000; ms++) open = calmAt(ms)
    expect(open - shut).toBeLessThan(0.1)
    for (let ms = 5_000; ms < 8_000; ms += 50) open = calmAt(ms)
    expect(open).toBe(1)
  })

  test('a queue that overflowed stands, though somebody did not wait', () => {
    const admission = fresh()
    for (let ms = 0; ms < 1_000; ms++) {
      for (let user = 0; user < 3; user++) admission.ask('existing', `user-${(3 * ms + user) % 97}`, ms)
      admission.waited(0, ms)
      if (ms % 50 === 0) admission.overflowed(ms)
    }
    expect(admission.open.existing).toBeLessThan(0.7)
  })

  test('who is turned away is told a time within the bounds, spread over them', () => {
    const admission = fresh()
    serve(5, evenly, 6, admission)
    const waits = Array.from({ length: 200 }, () => admission.ask('soft', undefined, 6_000))
    const times = waits.map((verdict) => (verdict.admitted ? 0 : verdict.retryAfterMs))
    expect(Math.min(...times)).toBeGreaterThanOrEqual(DEFAULT_ADMISSION.leastRetryAfterMs)
    expect(Math.max(...times)).toBeLessThanOrEqual(DEFAULT_ADMISSION.mostRetryAfterMs)
    expect(new Set(times).size).toBeGreaterThan(100)
  })

  test('refuses bounds that contradict each other', () => {
    const bad = { ...DEFAULT_ADMISSION, mostRetryAfterMs: 10 }
    expect(() => new Admission(bad, seededRandom(1))).toThrow('mostRetryAfterMs must be at least 500, got 10')
    const rising = { ...DEFAULT_ADMISSION, rise: 0 }
    expect(() => new Admission(rising, seededRandom(1))).toThrow('rise')
  })
})
