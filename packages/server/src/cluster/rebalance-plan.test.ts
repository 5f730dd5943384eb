import { seededRandom, type Random } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PlanNode } from './plan-node.ts'
import { BALANCED, DEFAULT_REBALANCE, rebalanceTick, type RebalanceState } from './rebalance-plan.ts'

const TICK_MS = 1_000
const STEP_MS = 100

interface SimNode {
  readonly id: string
  readonly phaseMs: number
  sessions: number
  inFlight: number
  state: RebalanceState
}

interface Run {
  readonly moved: number
  readonly maxOverMean: number
  readonly lastMoveMs: number
  readonly balancedAtMs: number
}

/** A cluster whose nodes decide each second, from reports that are 1 to 2 s old; migrations take up to 1 s. */
function simulate(start: readonly number[], forMs: number, random: Random): Run {
  const nodes: SimNode[] = start.map((sessions, i) => ({
    id: `n${i}`,
    phaseMs: Math.floor(random.next() * TICK_MS),
    sessions,
    inFlight: 0,
    state: BALANCED,
  }))
  const history: number[][] = []
  const landings: { readonly atMs: number; readonly from: SimNode; readonly to: SimNode }[] = []
  const mean = start.reduce((a, b) => a + b, 0) / start.length
  const overMean = (): number => Math.max(...nodes.map(({ sessions }) => sessions)) / mean
  let moved = 0
  let lastMoveMs = 0
  let balancedAtMs = Infinity
  for (let nowMs = 0; nowMs < forMs; nowMs += STEP_MS) {
    history.push(nodes.map(({ sessions }) => sessions))
    for (const landing of landings.filter(({ atMs }) => atMs === nowMs)) {
      landing.from.sessions--
      landing.from.inFlight--
      landing.to.sessions++
    }
    for (const node of nodes) {
      if ((nowMs - node.phaseMs + STEP_MS) % TICK_MS >= STEP_MS) continue
      const view = nodes.map((other, i): PlanNode => {
        const ageSteps = 10 + Math.floor(random.next() * 10)
        const sessions = history[Math.max(0, history.length - 1 - ageSteps)]?.[i] ?? 0
        return { id: other.id, state: 'ready', usable: true, sessions, headroom: 50, weight: 1 }
      })
      const sessions = node.sessions - node.inFlight
      const tick = rebalanceTick(DEFAULT_REBALANCE, node.state, {
        selfId: node.id,
        nodes: view,
        sessions,
        elapsedMs: TICK_MS,
      })
      node.state = tick.state
      for (const [id, count] of tick.moves) {
        const to = nodes.find((other) => other.id === id)
        if (to === undefined) continue
        node.inFlight += count
        moved += count
        lastMoveMs = nowMs
        for (let i = 0; i < count; i++) {
          const atMs = nowMs + STEP_MS * (1 + Math.floor(random.next() * 10))
          landings.push({ atMs, from: node, to })
        }
      }
    }
    if (overMean() > 1.05) balancedAtMs = Infinity
    else balancedAtMs = Math.min(balancedAtMs, nowMs)
  }
  return { moved, maxOverMean: overMean(), lastMoveMs, balancedAtMs }
}

const least = (start: readonly number[]): number => {
  const mean = start.reduce((a, b) => a + b, 0) / start.length
  return start.reduce((sum, sessions) => sum + Math.max(0, sessions - mean), 0)
}

describe('rebalancing', () => {
  test('from two nodes to three with 3,000 sessions is done well within a minute', () => {
    const run = simulate([1_500, 1_500, 0], 120_000, seededRandom(7))
    expect(run.maxOverMean).toBeLessThanOrEqual(1.05)
    expect(run.balancedAtMs).toBeLessThan(40_000)
    expect(run.moved).toBeLessThanOrEqual(1_050)
    expect(run.lastMoveMs).toBeLessThan(60_000)
  })

  test('converges from any start with stale views, and moves hardly a session twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 2, maxLength: 8 }),
        fc.integer(),
        (start, seed) => {
          const total = start.reduce((a, b) => a + b, 0)
          fc.pre(total >= 200 * start.length)
          const run = simulate(start, 150_000, seededRandom(seed))
          expect(run.maxOverMean).toBeLessThanOrEqual(1.05)
          expect(run.lastMoveMs).toBeLessThan(120_000)
          expect(run.moved).toBeLessThanOrEqual(least(start) * 1.1 + 2 * start.length)
        },
      ),
      { numRuns: 60 },
    )
  })

  const node = (id: string, sessions: number, more: Partial<PlanNode> = {}): PlanNode => ({
    id,
    state: 'ready',
    usable: true,
    sessions,
    headroom: 50,
    weight: 1,
    ...more,
  })
  const tick = (nodes: readonly PlanNode[], before = BALANCED) =>
    rebalanceTick(DEFAULT_REBALANCE, before, {
      selfId: 'a',
      nodes,
      sessions: nodes[0]?.sessions ?? 0,
      elapsedMs: 1_000,
    })

  test.each(['joining', 'draining', 'gone'] as const)('nothing moves to a node that is %s', (state) => {
    expect(tick([node('a', 100), node('b', 0, { state })]).moves.size).toBe(0)
    expect(tick([node('a', 100, { state }), node('b', 0)]).moves.size).toBe(0)
  })

  test('nothing moves to a node whose report is stale', () => {
    expect(tick([node('a', 100), node('b', 0, { usable: false })]).moves.size).toBe(0)
  })

  test('a node within the band rests, and one that sheds goes on to the end of the band', () => {
    const slight = [node('a', 1_020), node('b', 980)]
    expect(tick(slight).moves.size).toBe(0)
    expect(tick(slight, { shedding: true, carry: 0 }).moves.get('b')).toBeGreaterThan(0)
    expect(tick([node('a', 1_005), node('b', 995)], { shedding: true, carry: 0 }).state).toEqual(BALANCED)
  })

  test('a node of twice the weight is to have twice the sessions', () => {
    expect(tick([node('a', 1_000), node('b', 2_000, { weight: 2 })]).moves.size).toBe(0)
    expect(tick([node('a', 1_500), node('b', 1_500, { weight: 2 })]).moves.get('b')).toBeGreaterThan(0)
  })

  test('one session too many is nobody a migration worth', () => {
    expect(tick([node('a', 2), node('b', 0)], { shedding: true, carry: 1 }).moves.size).toBe(0)
  })

  test('never more than the budget, nor more than is too much', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50_000 }), { minLength: 2, maxLength: 6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (sessions, carry, shedding) => {
          const nodes = sessions.map((count, i) => node(i === 0 ? 'a' : `b${i}`, count))
          const { moves, excess } = tick(nodes, { shedding, carry })
          const count = [...moves.values()].reduce((a, b) => a + b, 0)
          expect(count).toBeLessThanOrEqual(DEFAULT_REBALANCE.budgetPerSecond + 1)
          expect(count).toBeLessThanOrEqual(Math.max(0, excess))
          expect(moves.has('a')).toBe(false)
        },
      ),
    )
  })
})
