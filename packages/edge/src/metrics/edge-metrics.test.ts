import { expect, test } from 'vitest'
import type { NodeSnapshot } from '../balance/snapshot.ts'
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
  const all = new EdgeMetrics({
    connections: () => 4,
    maxConnections: () => 8_000,
    nodes: () => nodes,
    clusterAgeMs: () => undefined,
  })
  const lines = async () => (await all.registry.metrics()).split('\n').filter((line) => !line.startsWith('#'))
  return { all, lines, leave: () => (nodes = []) }
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
