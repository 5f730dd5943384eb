import { expect, test } from 'vitest'
import { edgeNode } from '../testing/edge-node.ts'
import { ManualTimers } from '../testing/manual-timers.ts'
import type { DesiredServer, ProxyDriver } from './driver.ts'
import { driveProxies } from './drive.ts'
import { rollOf } from './roll.ts'

const answerOf = (...names: readonly string[]) => ({
  self: 'x',
  viewAgeMs: 0,
  nodes: names.map((name) => ({
    ...{ id: `${name}.1`, name, state: 'ready', heardAgeMs: 0 },
    ...{ internalAddress: `http://${name}:7000`, load: { sessions: 0, maxSessions: 10, headroom: 100 } },
  })),
})

test('a node that is listed no more is kept while it answers itself, or the view is old', () => {
  const known = [edgeNode({ name: 'a' }), edgeNode({ name: 'b' })]
  const nodes = known.slice(0, 1)
  expect(rollOf(known, { nodes, viewAgeMs: 100 }).missing.map(({ name }) => name)).toEqual(['b'])
  expect(rollOf(known, { nodes, viewAgeMs: Infinity })).toMatchObject({ listed: known, missing: [] })
})

test('a slow proxy gets the newest list, one that is quick gets all, and silence changes nothing', async () => {
  const time = new ManualTimers()
  const answers: (readonly string[] | undefined)[] = [['a'], ['a', 'b'], ['a', 'b', 'c'], undefined]
  const told: Record<'slow' | 'quick', string[]> = { slow: [], quick: [] }
  let release = (): void => undefined
  const driver = (name: 'slow' | 'quick', wait: () => Promise<void>): ProxyDriver => ({
    name: 'nginx',
    start: () => Promise.resolve(),
    async apply(servers: readonly DesiredServer[]) {
      told[name].push(servers.map((server) => server.name).join(''))
      await wait()
    },
    stop: () => Promise.resolve(),
  })
  const held = new Promise<void>((resolve) => (release = resolve))
  const silences: boolean[] = []
  const drive = await driveProxies({
    drivers: [driver('slow', () => held), driver('quick', () => Promise.resolve())],
    cluster: { operatorKey: 'k', urls: ['http://seed'] },
    runtime: { clock: time.clock, timers: time },
    ask: () => {
      const names = answers.shift()
      return names === undefined ? Promise.reject(new Error('away')) : Promise.resolve(answerOf(...names))
    },
    isReady: () => Promise.resolve(false),
    onCluster: ({ silent }) => silences.push(silent),
  })
  await time.advance(4_000)
  expect(told.quick).toEqual(['a', 'ab', 'abc', 'abc', 'abc'])
  expect(told.slow).toEqual(['a'])
  release()
  await drive.stop()
  expect(told.slow).toEqual(['a', 'abc'])
  expect(silences).toEqual([true])
})
