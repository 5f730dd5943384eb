import { seededRandom } from '@skein/core'
import { describe, expect, test } from 'vitest'
import { deadlineMs, initialState, step } from '../connection/machine.ts'
import type { ConnectionEvent, Policy, State } from '../connection/state.ts'
import { endpointAt } from '../testing/fake-dispatch.ts'
import { HOME_CHECKS, nextHomeCheckMs } from './homing.ts'
import { ranked } from './ranking.ts'
import { refreshDelayMs } from './refresh.ts'

const CLIENTS = 1_000
const policy: Policy = { tokenRenewable: true }
const eight = Array.from({ length: 8 }, (_, i) => endpointAt(`n${i}`))

/** Online on its first choice of one list that all have, until the endpoint it is on dies. */
function clientAfterLoss(seed: number, dead: string, endpoints = eight) {
  const random = seededRandom(seed)
  let state: State = initialState([])
  const opened: string[] = []
  const happen = (event: ConnectionEvent, nowMs: number): void => {
    const next = step(state, event, { nowMs, roll: random.next() }, policy)
    state = next.state
    for (const effect of next.effects) if (effect.do === 'open') opened.push(effect.endpoint)
  }
  const urls = ranked({
    endpoints,
    strategy: 'power-of-two',
    home: undefined,
    rtt: new Map(),
    ill: new Set(),
    key: `user ${seed}`,
    nowMs: 0,
    seed: Math.floor(random.next() * 2 ** 32),
  })
  happen({ type: 'endpoints', urls }, 0)
  for (const type of ['start', 'tokenReady', 'opened'] as const) happen({ type }, 0)
  happen({ type: 'welcome', heartbeatMs: 25_000, tokenLifeMs: 3_600_000 }, 0)
  happen({ type: 'resumed' }, 0)
  const first = opened[0]
  if (first !== dead) return { first, next: undefined, atMs: 0 }
  happen({ type: 'closed', code: 1006, reason: '' }, 10_000)
  const atMs = deadlineMs(state) ?? Infinity
  happen({ type: 'deadline' }, atMs)
  return { first, next: opened[1], atMs: atMs - 10_000 }
}

const countBy = <K>(keys: readonly K[]): Map<K, number> => {
  const counts = new Map<K, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** The most that fall into one of `parts` equal parts of the time between the first and the last. */
const worstPart = (times: readonly number[], parts: number): number => {
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const part = (at: number): number =>
    Math.min(parts - 1, Math.floor(((at - first) / (last - first)) * parts))
  return Math.max(...countBy(times.map(part)).values()) / times.length
}

describe('1,000 clients with one list and different seeds', () => {
  test.each([1, 2, 3])(
    'lose one of eight: they spread over the others and over time (seeds from %i)',
    (from) => {
      const dead = eight[3]?.url ?? ''
      const clients = Array.from({ length: CLIENTS }, (_, i) => clientAfterLoss(from * 10_000 + i, dead))
      const lost = clients.filter(({ next }) => next !== undefined)
      expect(lost.length / CLIENTS).toBeGreaterThan(0.08)
      expect(lost.length / CLIENTS).toBeLessThan(0.18)

      const after = countBy(clients.map(({ first, next }) => next ?? first))
      expect(after.has(dead)).toBe(false)
      expect(after.size).toBe(7)
      for (const count of after.values()) expect(count / (CLIENTS / 7)).toBeLessThan(1.3)
      // Those who were cut off alone: about a seventh each, never most of them to one neighbour.
      const fled = countBy(lost.map(({ next }) => next))
      for (const count of fled.values()) expect(count / lost.length).toBeLessThan(0.3)
      expect(
        worstPart(
          lost.map(({ atMs }) => atMs),
          10,
        ),
      ).toBeLessThan(0.25)
    },
  )

  test('lose one of two that they all know: all go to the other, not in one instant', () => {
    const two = eight.slice(0, 2)
    const dead = two[0]?.url ?? ''
    const clients = Array.from({ length: CLIENTS }, (_, i) => clientAfterLoss(i, dead, two))
    const lost = clients.filter(({ next }) => next !== undefined)
    expect(lost.length).toBeGreaterThan(CLIENTS * 0.35)
    expect(new Set(lost.map(({ next }) => next))).toEqual(new Set([two[1]?.url]))
    expect(
      worstPart(
        lost.map(({ atMs }) => atMs),
        10,
      ),
    ).toBeLessThan(0.16)
  })

  const rolls = Array.from({ length: CLIENTS }, (_, seed) => seededRandom(seed))

  test('got their list in one instant: they ask for the next within half its life, not together', () => {
    const document = { v: 1, issuedAt: 0, ttlMs: 600_000, staleMs: 1, endpoints: eight } as const
    const state = { held: { ...document, endpoints: eight }, failures: 0, askedDelayMs: undefined, lonely: 0 }
    const times = rolls.map((random) => refreshDelayMs(state, 0, random.next()))
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(250_000)
    expect(worstPart(times, 20)).toBeLessThan(0.08)
  })

  test('find every mirror dead in one instant: they come back spread over the backoff', () => {
    for (const failures of [1, 4, 9]) {
      const state = { held: undefined, failures, askedDelayMs: undefined, lonely: 0 }
      const times = rolls.map((random) => refreshDelayMs(state, 0, random.next()))
      expect(worstPart(times, 20)).toBeLessThan(0.08)
    }
  })

  test('left home together: they come back over more than a minute, few in any second', () => {
    const times = rolls.map((random) => {
      let atMs = 0
      for (let check = 0; check < HOME_CHECKS; check++) atMs += nextHomeCheckMs(random.next())
      return atMs
    })
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(90_000)
    expect(Math.max(...countBy(times.map((at) => Math.floor(at / 1_000))).values())).toBeLessThan(45)
  })
})
