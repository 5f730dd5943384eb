import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ACCEPT_COSTS,
  acceptArrival,
  safeSessions,
  UNUSED_BUDGET,
  type AcceptOptions,
  type AcceptState,
  type Arrival,
} from './accept-budget.ts'

/** Storms are small too, so that the tests are quick. */
const SMALL_NODE: AcceptOptions = { ...ACCEPT_COSTS, perSecond: 200, burst: 100, resumeCost: 0.25 }

interface Storm {
  readonly backAtMs: readonly number[]
  readonly rejected: number
  /** Most that were accepted within one second. */
  readonly mostPerSecond: number
}

/** All come within `withinMs`; who has to wait comes again when told to, and up to 50 ms later. */
function storm(
  options: AcceptOptions,
  clients: number,
  withinMs: number,
  arrival: Arrival,
  seed: number,
): Storm {
  const random = seededRandom(seed)
  const due = Array.from({ length: clients }, () => random.next() * withinMs)
  const backAtMs: number[] = []
  let state: AcceptState = UNUSED_BUDGET
  let rejected = 0
  while (due.length > 0) {
    due.sort((a, b) => b - a)
    const turn = due.splice(-50)
    // In order, except that whoever is sent away within this turn comes back after it: waits are longer.
    for (const atMs of turn.reverse()) {
      const verdict = acceptArrival(options, state, arrival, { nowMs: 1e6 + atMs, random })
      state = verdict.state
      if (verdict.kind === 'accept') backAtMs.push(atMs)
      else {
        rejected++
        due.push(atMs + verdict.retryAfterMs + random.next() * 50)
      }
    }
  }
  return { backAtMs, rejected, mostPerSecond: mostWithin(backAtMs, 1_000) }
}

function mostWithin(times: readonly number[], windowMs: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  let first = 0
  let most = 0
  for (const [last, atMs] of sorted.entries()) {
    while (atMs - (sorted[first] ?? 0) >= windowMs) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

describe('the accept budget', () => {
  test('within the burst everybody is accepted at once', () => {
    expect(storm(SMALL_NODE, 100, 10, 'new', 1)).toMatchObject({ rejected: 0 })
    expect(storm(SMALL_NODE, 400, 10, 'resume', 1)).toMatchObject({ rejected: 0 })
  })

  test('a resume takes a quarter of what a new session takes', () => {
    const resumes = storm(SMALL_NODE, 1_600, 100, 'resume', 3)
    const fresh = storm(SMALL_NODE, 1_600, 100, 'new', 3)
    expect(Math.max(...resumes.backAtMs) * 3).toBeLessThan(Math.max(...fresh.backAtMs))
  })

  test('a third of 6,000 clients is back within 5 s on two nodes', () => {
    const { backAtMs } = storm(SMALL_NODE, 1_000, 200, 'resume', 5)
    expect(Math.max(...backAtMs)).toBeLessThan(5_000)
  })

  test('after a storm all are back soon after the rate allows it, never faster, and few are sent away twice', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 4_000 }),
        fc.integer({ min: 1, max: 500 }),
        fc.constantFrom<Arrival>('new', 'resume'),
        fc.integer(),
        (clients, withinMs, arrival, seed) => {
          const cost = arrival === 'resume' ? SMALL_NODE.resumeCost : 1
          const neededMs = (clients * cost * 1_000) / SMALL_NODE.perSecond
          const run = storm(SMALL_NODE, clients, withinMs, arrival, seed)
          expect(run.backAtMs).toHaveLength(clients)
          expect(Math.max(...run.backAtMs)).toBeLessThanOrEqual(withinMs + neededMs * 1.5 + 2_000)
          const mostAllowed = (SMALL_NODE.perSecond + SMALL_NODE.burst) / cost + 1
          expect(run.mostPerSecond).toBeLessThanOrEqual(mostAllowed)
          if (neededMs < SMALL_NODE.maxRetryAfterMs) expect(run.rejected).toBeLessThan(clients * 1.5)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('nobody is told to wait for longer than the bound, or not at all', () => {
    const random = seededRandom(1)
    let state = UNUSED_BUDGET
    for (let i = 0; i < 10_000; i++) {
      const verdict = acceptArrival(SMALL_NODE, state, 'new', { nowMs: 1e6, random })
      state = verdict.state
      if (verdict.kind === 'accept') continue
      expect(verdict.retryAfterMs).toBeGreaterThan(0)
      expect(verdict.retryAfterMs).toBeLessThanOrEqual(SMALL_NODE.maxRetryAfterMs)
    }
  })

  test('a node holds no more than the others can take back in time', () => {
    expect(safeSessions(SMALL_NODE, 3, 10_000)).toBe(16_000)
    expect(safeSessions(SMALL_NODE, 1, 10_000)).toBe(Infinity)
  })
})
