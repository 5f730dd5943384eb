import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DesiredServer } from '../driver/driver.ts'
import { desiredServer } from '../testing/desired-server.ts'
import {
  NO_RELOADS,
  planReload,
  QUICK_RELOADS,
  reloaded,
  SLOW_RELOADS,
  type ReloadPolicy,
  type ReloadState,
} from './reload-plan.ts'

const policy: ReloadPolicy = { intervalMs: 2_000, hardStopMs: 600_000, leastMove: 0.25 }
const STEP_MS = 1_000

const server = (name: string, weight = 256): DesiredServer => desiredServer({ name, weight })

/** What a driver that is told once a second would do. */
function run(told: readonly (readonly DesiredServer[])[]): {
  readonly reloadsAtMs: readonly number[]
  readonly states: readonly ReloadState[]
} {
  const states: ReloadState[] = []
  const reloadsAtMs: number[] = []
  let state = NO_RELOADS
  for (const [second, wanted] of told.entries()) {
    const nowMs = second * STEP_MS
    if (planReload(wanted, state, nowMs, policy).reload) {
      state = reloaded(wanted, state, nowMs, policy)
      reloadsAtMs.push(nowMs)
    }
    states.push(state)
  }
  return { reloadsAtMs, states }
}

const fleet = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), weight: fc.nat(256) }), {
  selector: ({ name }) => name,
  minLength: 1,
})
const history = fc
  .array(fleet, { minLength: 1, maxLength: 400 })
  .map((told) => told.map((nodes) => nodes.map(({ name, weight }) => server(name, weight))))

test('whatever the cluster does, reloads keep their distance and old workers stay few', () => {
  fc.assert(
    fc.property(history, (told) => {
      const { reloadsAtMs } = run(told)
      for (const [index, atMs] of reloadsAtMs.entries()) {
        if (index > 0) expect(atMs - (reloadsAtMs[index - 1] ?? 0)).toBeGreaterThanOrEqual(policy.intervalMs)
        const old = reloadsAtMs.filter((other) => other <= atMs && atMs - other < policy.hardStopMs)
        expect(old.length).toBeLessThanOrEqual(QUICK_RELOADS + SLOW_RELOADS)
      }
    }),
    { numRuns: 30 },
  )
})

test('who joins, leaves, drains or moves is in force within an interval, while reloads are few', () => {
  const before = [server('a'), server('b')]
  const changes: readonly (readonly DesiredServer[])[] = [
    [server('a')],
    [...before, server('c')],
    [server('a'), desiredServer({ name: 'b', state: 'drain', weight: 0 })],
    [server('a'), { ...server('b'), port: 7_001 }],
    [server('a'), { ...server('b'), backup: true }],
  ]
  for (const after of changes) {
    const state = reloaded(before, NO_RELOADS, 0, policy)
    expect(planReload(after, state, policy.intervalMs - 1, policy)).toEqual({ reload: false, waits: true })
    expect(planReload(after, state, policy.intervalMs, policy)).toEqual({ reload: true, why: 'membership' })
  }
})

test('a node that flaps each second does not leave a hundred old workers behind', () => {
  const told = Array.from({ length: 600 }, (_, second) =>
    second % 2 === 0 ? [server('a'), server('b')] : [server('a')],
  )
  const { reloadsAtMs } = run(told)
  expect(reloadsAtMs.length).toBeGreaterThan(QUICK_RELOADS)
  expect(reloadsAtMs.length).toBeLessThanOrEqual(QUICK_RELOADS + SLOW_RELOADS)
})

test('weights that all grow or shrink alike, or only a little, are not worth a reload', () => {
  const weights = fc.array(fc.integer({ min: 20, max: 60 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(weights, fc.constantFrom(2, 3, 4), (base, factor) => {
      const named = (scale: number): readonly DesiredServer[] =>
        base.map((weight, index) => server(`n${index}`, weight * scale))
      const state = reloaded(named(1), NO_RELOADS, 0, policy)
      expect(planReload(named(factor), state, 1e9, policy)).toEqual({ reload: false, waits: false })
    }),
  )
  const state = reloaded([server('a', 200), server('b', 200)], NO_RELOADS, 0, policy)
  expect(planReload([server('a', 200), server('b', 140)], state, 1e9, policy).reload).toBe(false)
  expect(planReload([server('a', 200), server('b', 100)], state, 1e9, policy)).toEqual({
    reload: true,
    why: 'weights',
  })
})

test('weights wait longer than members', () => {
  const state = reloaded([server('a', 200), server('b', 200)], NO_RELOADS, 0, policy)
  const shifted = [server('a', 200), server('b', 20)]
  const slowMs = policy.hardStopMs / SLOW_RELOADS
  expect(planReload(shifted, state, slowMs - 1, policy)).toEqual({ reload: false, waits: true })
  expect(planReload(shifted, state, slowMs, policy).reload).toBe(true)
})

test('a node that may get nothing more is told as one that left', () => {
  const state = reloaded([server('a', 1), server('b', 1)], NO_RELOADS, 0, policy)
  expect(planReload([server('a', 1), server('b', 0)], state, 2_000, policy)).toEqual({
    reload: true,
    why: 'membership',
  })
})
