import { seededRandom } from '@skein/core'
import type { StrategyName } from '@skein/resilience'
import { expect, test } from 'vitest'
import type { EdgeNode } from '../cluster/edge-node.ts'
import { edgeNode } from '../testing/edge-node.ts'
import { ManualTimers } from '../testing/manual-timers.ts'
import { NodePool, type PoolEvent } from './node-pool.ts'
import type { PooledNode } from './pooled-node.ts'

const GET = { repeatable: true }

function setUp(strategy: StrategyName = 'least-connections') {
  const time = new ManualTimers()
  const events: PoolEvent[] = []
  const pool = new NodePool({
    clock: time.clock,
    random: seededRandom(7),
    balancer: { strategy },
    onEvent: (event) => events.push(event),
  })
  const add = (name: string, port = 1): PooledNode => {
    pool.add({ name, host: 'h', port })
    const node = pool.all().find((one) => one.name === name)
    if (node === undefined) throw new Error(`${name} was not added`)
    return node
  }
  const pick = (wanted?: string, ...tried: readonly string[]) =>
    pool.pick({ node: wanted, tried: new Set(tried), key: '203.0.113.7' })?.name
  const hear = (...nodes: readonly EdgeNode[]): void =>
    pool.learn({ nodes, viewAgeMs: 0 }, { membership: false })
  return { time, pool, events, add, pick, hear }
}

test('the wanted node is taken however full it is, but not while it is unready and another is not', () => {
  const { pool, add, pick } = setUp()
  const a = add('a')
  add('b')
  pool.occupy(a)
  expect([pick(), pick('a'), pick('nobody')]).toEqual(['b', 'a', 'b'])
  pool.judge(a, 'unready')
  expect(pick('a')).toBe('b')
  expect(pick('a', 'b')).toBe('a')
})

test('a node that the cluster says is draining gets nothing new', () => {
  const { add, pick, hear } = setUp()
  add('a')
  add('b')
  hear(edgeNode({ name: 'b', host: 'h', port: 1, state: 'draining', reason: 'drained', heardAtMs: 1 }))
  expect([pick(), pick('b')]).toEqual(['a', 'a'])
})

test('what the cluster says of another process is not believed of this one', () => {
  const { pool, add, pick, hear } = setUp()
  add('a', 2)
  hear(edgeNode({ name: 'a', host: 'h', port: 1, state: 'draining', heardAtMs: 1 }))
  expect(pick()).toBe('a')
  expect(pool.snapshot()[0]?.headroom).toBeNull()
})

test('the node with more headroom gets more, and a report that is old or not newer changes nothing', () => {
  const { pool, time, add, pick, hear } = setUp('power-of-two')
  add('a')
  add('b')
  const report = (headroom: number, heardAtMs: number) =>
    hear(
      edgeNode({ name: 'a', host: 'h', port: 1, headroom: 50, heardAtMs }),
      edgeNode({ name: 'b', host: 'h', port: 1, headroom, heardAtMs }),
    )
  report(90, 1_000)
  const picks = Array.from({ length: 50 }, () => pick())
  expect(new Set(picks)).toEqual(new Set(['b']))
  report(10, 900)
  expect(pick()).toBe('b')
  time.nowMs += 3_001
  expect(pool.snapshot().map(({ headroom }) => headroom)).toEqual([null, null])
})

test('what is picked since a report was made is counted, also before it was heard', () => {
  const { pool, time, add, hear } = setUp()
  const a = add('a')
  const madeAtMs = time.nowMs + 500
  pool.occupy(a)
  expect(a.sinceReport).toBe(1)
  time.nowMs += 1_000
  pool.occupy(a)
  hear(edgeNode({ name: 'a', host: 'h', port: 1, heardAtMs: madeAtMs }))
  expect(a.sinceReport).toBe(1)
  time.nowMs += 1_000
  hear(edgeNode({ name: 'a', host: 'h', port: 1, heardAtMs: time.nowMs }))
  expect(a.sinceReport).toBe(0)
})

test('a node whose answers are slow is taken out, and comes back through one connection', () => {
  const { pool, time, add, pick, events } = setUp()
  const a = add('a')
  add('b')
  for (let asked = 0; asked < 20; asked += 1) {
    const held = pool.occupy(a)
    held.settle({ is: 'answered', tookMs: 3_000 }, GET)
    held.leave()
  }
  expect(events.at(-1)).toMatchObject({ kind: 'ejected', id: 'a', reason: 'slowCalls' })
  expect([pick('a'), pool.snapshot()[0]?.state]).toEqual(['b', 'ejected'])
  time.nowMs += 30_000
  expect(pick('a')).toBe('a')
  const probe = pool.occupy(a)
  expect([pick('a'), pool.snapshot()[0]?.state]).toEqual(['b', 'probing'])
  probe.settle({ is: 'answered', tookMs: 10 }, GET)
  expect(pick('a')).toBe('a')
  expect(pool.snapshot()[0]).toMatchObject({ state: 'ready', warmth: 0.1 })
})

test('the lifetime of a session is no response time', () => {
  const { pool, time, add, events } = setUp()
  const a = add('a')
  add('b')
  for (let asked = 0; asked < 40; asked += 1) {
    const held = pool.occupy(a)
    held.settle({ is: 'answered', tookMs: 5 }, GET)
    time.nowMs += 100_000
    held.leave()
  }
  expect(events.filter(({ kind }) => kind === 'ejected')).toEqual([])
  expect(a.rtt?.costMs).toBe(5)
})

test('a refused connection is enough to know that nobody is there; what waits for the node is told', () => {
  const { pool, add, pick, events } = setUp()
  const a = add('a')
  add('b')
  let lost = 0
  a.whenLost(() => (lost += 1))
  a.whenLost(() => (lost += 100))()
  pool.occupy(a).settle({ is: 'refused' }, GET)
  expect([lost, pick('a'), events.at(-1)]).toEqual([1, 'b', { kind: 'health', name: 'a', state: 'away' }])
})

test('a node that is removed lets go of what waits for it, and its end is not that of its successor', () => {
  const { pool, add } = setUp()
  const old = add('a', 1)
  let lost = false
  old.whenLost(() => (lost = true))
  const held = pool.occupy(old)
  const next = add('a', 2)
  held.settle({ is: 'refused' }, GET)
  held.leave()
  held.leave()
  pool.judge(old, 'unready')
  expect([lost, next.health.state, next.connections, old.connections]).toEqual([true, 'ready', 0, 0])
  expect(pool.pick({ node: undefined, tried: new Set(), key: '' })?.port).toBe(2)
})

test('who was there at the beginning is warm, who comes back or comes later begins slowly', () => {
  const { pool, time, add } = setUp()
  add('a')
  add('b')
  const warm = () => pool.snapshot().map(({ name, warmth }) => `${name} ${warmth}`)
  expect(warm()).toEqual(['a 1', 'b 1'])
  add('b', 2)
  time.nowMs += 10_001
  add('c')
  expect(warm()).toEqual(['a 1', 'b 1', 'c 0.1'])
  time.nowMs += 5_000
  expect(warm()).toEqual(['a 1', 'b 1', 'c 0.5'])
})

test('with membership the cluster says who is there', () => {
  const { pool, events } = setUp()
  const learn = (...names: readonly string[]) =>
    pool.learn({ nodes: names.map((name) => edgeNode({ name })), viewAgeMs: 0 }, { membership: true })
  learn('a', 'b')
  expect(pool.all().map(({ name }) => name)).toEqual(['a', 'b'])
  const [, b] = pool.all()
  if (b !== undefined) pool.judge(b, 'refused')
  learn('a')
  expect(pool.all().map(({ name }) => name)).toEqual(['a'])
  expect(events.at(-1)).toEqual({ kind: 'left', name: 'b' })
})

test('a process that the cluster lost sight of is still ejected when it is seen again; another one is not', () => {
  const { pool, events } = setUp()
  for (const name of ['a', 'b']) pool.add({ name, host: 'h', port: 1, id: `${name}.1` })
  const [a] = pool.all()
  if (a === undefined) throw new Error('a was not added')
  for (let failure = 0; failure < 5; failure++) pool.occupy(a).settle({ is: 'silent' }, GET)
  expect(events.at(-1)).toMatchObject({ kind: 'ejected', id: 'a' })
  pool.remove('a')
  pool.add({ name: 'a', host: 'h', port: 1, id: 'a.1' })
  expect(pool.snapshot().find(({ name }) => name === 'a')?.state).toBe('ejected')
  pool.add({ name: 'a', host: 'h', port: 1, id: 'a.2' })
  expect(pool.snapshot().find(({ name }) => name === 'a')?.state).toBe('ready')
})
