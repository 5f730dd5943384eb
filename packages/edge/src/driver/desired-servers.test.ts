import fc from 'fast-check'
import { expect, test } from 'vitest'
import { edgeNode } from '../testing/edge-node.ts'
import { desiredServers } from './desired-servers.ts'

const now = { nowMs: 1_000 }
const weights = (...nodes: readonly Parameters<typeof edgeNode>[0][]): readonly number[] =>
  desiredServers(nodes.map(edgeNode), now).map(({ weight }) => weight)

test('weights are in proportion to capacity and headroom, the largest idle node has all 256', () => {
  expect(
    weights({ name: 'a', weight: 4 }, { name: 'b', weight: 2 }, { name: 'c', weight: 4, headroom: 25 }),
  ).toEqual([256, 128, 64])
})

test('a full node keeps a weight of 1, a draining or joining one has none and says why', () => {
  expect(weights({ name: 'a', headroom: 0 })).toEqual([1])
  const [draining, joining] = desiredServers(
    [edgeNode({ name: 'a', state: 'draining', reason: 'moves' }), edgeNode({ name: 'b', state: 'joining' })],
    now,
  )
  expect(draining).toMatchObject({ weight: 0, state: 'drain', reason: 'moves' })
  expect(joining).toMatchObject({ weight: 0, state: 'maint' })
})

test('a report that is old or missing attracts nobody', () => {
  expect(
    weights({ name: 'a', headroom: undefined }, { name: 'b', heardAtMs: -5_000 }, { name: 'c' }),
  ).toEqual([26, 26, 256])
})

test('nodes of another zone are backups of a proxy that has a zone', () => {
  const nodes = [
    edgeNode({ name: 'a', zone: 'z1', region: 'eu' }),
    edgeNode({ name: 'b', zone: 'z2', region: 'eu' }),
  ]
  const backups = desiredServers(nodes, { ...now, home: { zone: 'z1', region: 'eu' } }).map(
    ({ backup }) => backup,
  )
  expect(backups).toEqual([false, true])
  expect(desiredServers(nodes, now).some(({ backup }) => backup)).toBe(false)
})

test('a fresh node grows into its weight where the proxy has no slow start', () => {
  const slowStart = {
    readySinceMs: new Map([['a.1', 0]]),
    options: { windowMs: 10_000, leastShare: 0.1, aggression: 1 },
  }
  const [server] = desiredServers([edgeNode({ name: 'a', heardAtMs: 5_000 })], { nowMs: 5_000, slowStart })
  expect(server?.weight).toBe(128)
})

test('of two processes of one name the one that was heard last counts', () => {
  const [one, ...others] = desiredServers(
    [
      edgeNode({ name: 'a', id: 'a.1', port: 1 }),
      edgeNode({ name: 'a', id: 'a.2', port: 2, heardAtMs: 500 }),
    ],
    now,
  )
  expect([one?.port, others]).toEqual([2, []])
})

test('whatever is reported, a weight is a whole number from 0 to 256', () => {
  const report = fc.record({
    weight: fc.double({ min: -1, max: 1e9 }),
    headroom: fc.double({ min: 0, max: 100, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(report, { maxLength: 8 }), (reports) => {
      for (const weight of weights(...reports.map((told, index) => ({ name: `n${index}`, ...told })))) {
        expect(Number.isInteger(weight) && weight >= 0 && weight <= 256).toBe(true)
      }
    }),
  )
})
