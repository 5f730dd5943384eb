import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mayDrain, mustYieldDrain } from './drain-permit.ts'
import { beginDrain, drainTakesMs, drainTick, type DrainOptions } from './drain-plan.ts'
import type { PlanNode } from './plan-node.ts'
import { countOf } from './spread.ts'

const node = (id: string, more: Partial<PlanNode> = {}): PlanNode => ({
  id,
  state: 'ready',
  usable: true,
  sessions: 100,
  headroom: 50,
  weight: 1,
  ...more,
})
const me = node('me', { state: 'draining' })

interface Drained {
  readonly tookMs: number
  readonly perTick: readonly number[]
  readonly moved: ReadonlyMap<string, number>
  readonly outcome: string
}

function drain(
  options: DrainOptions,
  sessions: number,
  nodesAt: (nowMs: number) => readonly PlanNode[],
  tickMs = 250,
): Drained {
  let progress = beginDrain(0)
  let remaining = sessions
  const perTick: number[] = []
  for (let nowMs = tickMs; nowMs < 600_000; nowMs += tickMs) {
    const tick = drainTick(options, progress, {
      selfId: 'me',
      nodes: nodesAt(nowMs),
      remaining,
      nowMs,
      elapsedMs: tickMs,
    })
    progress = tick.progress
    remaining -= countOf(tick.moves)
    perTick.push(countOf(tick.moves))
    if (remaining === 0) return { tookMs: nowMs, perTick, moved: progress.moved, outcome: tick.outcome }
  }
  return { tookMs: Infinity, perTick, moved: progress.moved, outcome: 'never' }
}

describe('the plan of a drain', () => {
  test('spreads the sessions evenly over the window', () => {
    const { tookMs, perTick } = drain({ windowMs: 20_000, budgetPerSecond: 500 }, 2_000, () => [
      me,
      node('b'),
    ])
    expect(tookMs).toBeLessThanOrEqual(20_250)
    expect(tookMs).toBeGreaterThan(18_000)
    expect(Math.max(...perTick)).toBeLessThanOrEqual(28)
  })

  test('never asks more at a time than the budget allows, whatever the window, and asks everybody once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 0, max: 30_000 }),
        fc.integer({ min: 20, max: 1_000 }),
        (sessions, windowMs, budgetPerSecond) => {
          const options = { windowMs, budgetPerSecond }
          const run = drain(options, sessions, () => [me, node('b'), node('c', { headroom: 90 })])
          expect(Math.max(...run.perTick)).toBeLessThanOrEqual(budgetPerSecond / 4 + 1)
          expect(run.tookMs).toBeLessThanOrEqual(drainTakesMs(options, sessions) + 1_000)
          expect(countOf(run.moved)).toBe(sessions)
        },
      ),
    )
  })

  test('gives to the others by their headroom', () => {
    const nodes = [me, node('b', { headroom: 80 }), node('c', { headroom: 20 })]
    const { moved } = drain({ windowMs: 10_000, budgetPerSecond: 500 }, 1_000, () => nodes)
    expect(moved.get('b')).toBeCloseTo(800, -1)
    expect(moved.get('c')).toBeCloseTo(200, -1)
  })

  test('waits while nobody can take them, then makes up for it within the window', () => {
    const nodesAt = (nowMs: number) => (nowMs < 5_000 ? [me] : [me, node('b')])
    const { tookMs } = drain({ windowMs: 20_000, budgetPerSecond: 500 }, 2_000, nodesAt)
    expect(tookMs).toBeLessThanOrEqual(20_250)
  })

  test.each([[{ state: 'joining' }], [{ state: 'draining' }], [{ usable: false }]] as const)(
    'does not send anybody to a node that is %j',
    (more) => {
      const nodes = [me, node('b', more), node('c')]
      const { moved } = drain({ windowMs: 1_000, budgetPerSecond: 500 }, 100, () => nodes)
      expect(moved).toEqual(new Map([['c', 100]]))
    },
  )

  test('says when the window is over, and when there is nobody to send to', () => {
    const options = { windowMs: 1_000, budgetPerSecond: 10 }
    const question = { selfId: 'me', nodes: [me], remaining: 5, elapsedMs: 250 }
    expect(drainTick(options, beginDrain(0), { ...question, nowMs: 250 }).outcome).toBe('noTarget')
    expect(drainTick(options, beginDrain(0), { ...question, nowMs: 1_000 }).outcome).toBe('windowOver')
    expect(drainTick(options, beginDrain(0), { ...question, nowMs: 250, remaining: 0 }).outcome).toBe('done')
  })
})

describe('the permit to drain', () => {
  test('is refused to the last ready node, unless by force', () => {
    const nodes = [node('me'), node('b', { state: 'draining' }), node('c', { state: 'joining' })]
    expect(mayDrain(nodes, 'me', false)).toMatchObject({ allowed: false, reason: 'lastReadyNode' })
    expect(mayDrain(nodes, 'me', true)).toEqual({ allowed: true })
  })

  test('is given to two at once when a third is ready', () => {
    const nodes = [node('me'), node('b', { state: 'draining' }), node('c')]
    expect(mayDrain(nodes, 'me', false)).toEqual({ allowed: true })
    expect(mustYieldDrain([me, node('b', { state: 'draining' }), node('c')], 'me')).toBe(false)
  })

  test('given to all in the same moment, exactly one of them gives it back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.boolean(), (count, ready) => {
        const nodes = Array.from({ length: count }, (_, i) => node(`n${i}`, { state: 'draining' }))
        if (ready) nodes.push(node('x'))
        const yielding = nodes.filter(({ id, state }) => state === 'draining' && mustYieldDrain(nodes, id))
        expect(yielding).toHaveLength(ready ? 0 : 1)
      }),
    )
  })

  test('is given back when the others died meanwhile', () => {
    expect(mustYieldDrain([me, node('b', { usable: false })], 'me')).toBe(true)
  })
})
