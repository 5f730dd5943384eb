import { expect, test } from 'vitest'
import { callEndOf, goesElsewhere, MOST_REPEATS, observationOf, type AttemptEnd } from './attempt-end.ts'

const get = { repeatable: true }
const post = { repeatable: false }
const failures: readonly AttemptEnd[] = [
  { is: 'refused' },
  { is: 'unreachable' },
  { is: 'died' },
  { is: 'silent' },
  { is: 'lost' },
]

test('what no node has accepted goes to the next one, however often and whatever it is', () => {
  for (const is of ['refused', 'unreachable'] as const) {
    expect(goesElsewhere({ is }, post, 9)).toBe(true)
    expect(goesElsewhere({ is }, get, 9)).toBe(true)
  }
})

test('what a node accepted and did not answer is said again when it has no effects, but not to all nodes', () => {
  for (const is of ['died', 'silent', 'lost'] as const) {
    expect(goesElsewhere({ is }, get, 0)).toBe(true)
    expect(goesElsewhere({ is }, get, MOST_REPEATS)).toBe(false)
    expect(goesElsewhere({ is }, post, 0)).toBe(false)
  }
})

test('what was answered, or is not wanted any more, goes nowhere else', () => {
  expect(goesElsewhere({ is: 'answered', tookMs: 1 }, get, 0)).toBe(false)
  expect(goesElsewhere({ is: 'clientGone', afterMs: 9_000 }, get, 0)).toBe(false)
})

test('every failure counts against the node', () => {
  for (const end of failures) expect(callEndOf(end, get)).toEqual({ ok: false, tookMs: undefined })
})

test('the time to an answer counts where it is the node that takes it', () => {
  expect(callEndOf({ is: 'answered', tookMs: 30 }, get)).toEqual({ ok: true, tookMs: 30 })
  expect(callEndOf({ is: 'answered', tookMs: 30_000 }, post)).toEqual({ ok: true, tookMs: undefined })
})

test('a client that leaves says nothing, unless it waited long', () => {
  expect(callEndOf({ is: 'clientGone', afterMs: 100 }, get)).toBeUndefined()
  expect(callEndOf({ is: 'clientGone', afterMs: 9_000 }, post)).toBeUndefined()
  expect(callEndOf({ is: 'clientGone', afterMs: 9_000 }, get)).toEqual({ ok: true, tookMs: 9_000 })
})

test('only what happened before a connection was taken speaks of health', () => {
  expect(failures.map(observationOf)).toEqual(['refused', 'silent', undefined, undefined, undefined])
  expect(observationOf({ is: 'answered', tookMs: 1 })).toBeUndefined()
})
