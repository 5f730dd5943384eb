import { expect, test } from 'vitest'
import type { NodeSnapshot } from '../balance/snapshot.ts'
import { ManualTimers } from '../testing/manual-timers.ts'
import { KEPT_AFTER_LEAVING_MS, MOST_LEFT } from './departures.ts'
import { EdgeMetrics } from './edge-metrics.ts'

const snapshot: NodeSnapshot = {
  name: 'node-1',
  host: 'h',
  port: 1,
  zone: '',
  region: '',
  state: 'ejected',
  reason: 'it failed',
  weight: 2,
  connections: 3,
  inFlight: 1,
  picked: 9,
  headroom: null,
  reportAgeMs: null,
  firstByteMs: 12,
  warmth: 1,
}

function metrics() {
  let nodes: readonly NodeSnapshot[] = [snapshot]
  const time = new ManualTimers()
  const all = new EdgeMetrics(
    {
      connections: () => 4,
      maxConnections: () => 8_000,
      nodes: () => nodes,
      clusterAgeMs: () => undefined,
    },
    time.clock,
  )
  const lines = async () => (await all.registry.metrics()).split('\n').filter((line) => !line.startsWith('#'))
  return { all, time, lines, leave: () => (nodes = []) }
}

test('each node is told with its state, and what is not known is not told', async () => {
  const { lines } = metrics()
  const told = await lines()
  expect(told).toContain('skein_edge_connections 4')
  expect(told).toContain('skein_edge_node_connections{node="node-1"} 3')
  expect(told).toContain('skein_edge_node_state{node="node-1",state="ejected"} 1')
  expect(told).toContain('skein_edge_node_state{node="node-1",state="ready"} 0')
  expect(told.filter((line) => /headroom|cluster_age/.test(line))).toEqual([])
})

test('a node that is gone is not told of any more', async () => {
  const { lines, leave } = metrics()
  await lines()
  leave()
  expect((await lines()).filter((line) => line.includes('node-1'))).toEqual([])
})

test('what happens is counted by its reason', async () => {
  const { all, lines } = metrics()
  all.accepted()
  all.refused('noNode')
  all.attempted('node-1', { is: 'answered', tookMs: 3 })
  all.attempted('node-1', { is: 'died' })
  all.repeated('died')
  all.steered(true)
  all.passed({ fromClients: 10, toClients: 20 })
  all.happened({ kind: 'ejected', id: 'node-1', reason: 'slowCalls', atMs: 0, untilMs: 1 })
  all.happened({ kind: 'health', name: 'node-1', state: 'away' })
  expect(await lines()).toEqual(
    expect.arrayContaining([
      'skein_edge_accepted_total 1',
      'skein_edge_refused_total{reason="noNode"} 1',
      'skein_edge_attempts_total{node="node-1",end="answered"} 1',
      'skein_edge_attempts_total{node="node-1",end="died"} 1',
      'skein_edge_repeated_total{why="died"} 1',
      'skein_edge_steered_total{honoured="true"} 1',
      'skein_edge_bytes_total{direction="toClients"} 20',
      'skein_edge_node_events_total{node="node-1",event="ejected.slowCalls"} 1',
      'skein_edge_node_events_total{node="node-1",event="health.away"} 1',
      'skein_edge_first_byte_seconds_count 1',
    ]),
  )
})

test('what was counted of a node that left is told for a while, and then no more', async () => {
  const { all, time, lines } = metrics()
  const told = async () => (await lines()).filter((line) => line.includes('"pod-1"'))
  all.happened({ kind: 'joined', name: 'pod-1' })
  all.attempted('pod-1', { is: 'answered', tookMs: 3 })
  time.nowMs += 2 * KEPT_AFTER_LEAVING_MS
  expect(await told()).toHaveLength(2)
  all.happened({ kind: 'left', name: 'pod-1' })
  time.nowMs += KEPT_AFTER_LEAVING_MS - 1
  expect(await told()).toHaveLength(3)
  time.nowMs += 1
  expect(await told()).toEqual([])
  // A connection of it may end later still.
  all.attempted('pod-1', { is: 'died' })
  expect(await told()).toHaveLength(1)
  time.nowMs += KEPT_AFTER_LEAVING_MS
  expect(await told()).toEqual([])
})

test('a node that comes back in time keeps what was counted of it', async () => {
  const { all, time, lines } = metrics()
  all.happened({ kind: 'joined', name: 'a' })
  all.happened({ kind: 'left', name: 'a' })
  all.happened({ kind: 'joined', name: 'a' })
  time.nowMs += 2 * KEPT_AFTER_LEAVING_MS
  expect(await lines()).toContain('skein_edge_node_events_total{node="a",event="joined"} 2')
})

test('however many start under new names, only so many of them are told of', async () => {
  const { all, lines } = metrics()
  for (let start = 0; start < 3 * MOST_LEFT; start++) {
    all.happened({ kind: 'joined', name: `pod-${start}` })
    all.attempted(`pod-${start}`, { is: 'refused' })
    all.happened({ kind: 'left', name: `pod-${start}` })
  }
  const told = (await lines()).filter((line) => line.startsWith('skein_edge_attempts_total'))
  expect(told).toHaveLength(MOST_LEFT)
  expect(told.at(-1)).toContain(`pod-${3 * MOST_LEFT - 1}`)
})
