import { expect, test } from 'vitest'
import { edgeNode } from '../testing/edge-node.ts'
import { ManualTimers } from '../testing/manual-timers.ts'
import type { DesiredServer, ProxyDriver } from './driver.ts'
import { startDrivenEdge } from './driven-edge.ts'
import { rollOf } from './roll.ts'

const known = [edgeNode({ name: 'a' }), edgeNode({ name: 'b' })]

test('a view that is fresh asks about whom it lists no more; an old one speaks for nobody', () => {
  const nodes = known.slice(0, 1)
  expect(rollOf(known, { nodes, viewAgeMs: 100 }).missing.map(({ name }) => name)).toEqual(['b'])
  expect(rollOf(known, { nodes, viewAgeMs: Infinity })).toEqual({ listed: known, missing: [] })
})

const answerOf = (...names: readonly string[]) => ({
  self: 'x',
  viewAgeMs: 0,
  nodes: names.map((name) => ({
    ...{ id: `${name}.1`, name, state: 'ready', heardAgeMs: 0 },
    ...{ internalAddress: `http://${name}:7000`, load: { sessions: 0, maxSessions: 10, headroom: 100 } },
  })),
})

test('a proxy loses a node only when the node is silent too', async () => {
  const time = new ManualTimers()
  const told: string[] = []
  const driver: ProxyDriver = {
    name: 'nginx',
    start: () => Promise.resolve(),
    apply(servers: readonly DesiredServer[]) {
      told.push(servers.map(({ name }) => name).join(''))
      return Promise.resolve()
    },
    stop: () => Promise.resolve(),
  }
  const answers = [answerOf('a', 'b', 'c'), answerOf('a'), answerOf('a')]
  const alive = new Set(['b'])
  const edge = await startDrivenEdge({
    drivers: [driver],
    cluster: { operatorKey: 'k', urls: ['http://seed'] },
    runtime: { clock: time.clock, timers: time },
    ask: () => Promise.resolve(answers.shift() ?? answerOf('a')),
    isReady: ({ name }) => Promise.resolve(alive.has(name)),
  })
  await time.advance(1_000)
  alive.clear()
  await time.advance(1_000)
  await edge.stop()
  expect(told).toEqual(['abc', 'ab', 'a'])
})
