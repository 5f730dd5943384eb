import type { ClusterStatus, LoadReport, NodeStatus } from '@skein/server'

/** For tests. */
export const NOW_MS = 1_800_000_000_000

export const nodeStatus = (
  name: string,
  { load, ...part }: Partial<Omit<NodeStatus, 'load'>> & { readonly load?: Partial<LoadReport> | null } = {},
): NodeStatus => ({
  id: `${name}.abcdefgh`,
  name,
  zone: 'default',
  region: 'local',
  release: '0.1.0',
  state: 'ready',
  reason: 'it serves',
  sinceMs: NOW_MS - 90_000,
  self: false,
  address: 'ws://127.0.0.1:1',
  internalAddress: 'http://127.0.0.1:1',
  heardAgeMs: 400,
  missed: 0,
  weight: 1,
  guards: [],
  ...part,
  load:
    load === null
      ? null
      : {
          sessions: 12,
          maxSessions: 10_000,
          acceptedPerSecond: 0,
          acceptLimitPerSecond: 1_000,
          messagesPerSecond: 0,
          loopLagP99Ms: 11.4,
          cpu: 0.034,
          rssBytes: 120_000_000,
          rssLimitBytes: 0,
          queueWaitMs: 0,
          busLagMs: 2,
          path: 'working',
          probeOkAgeMs: 100,
          headroom: 97.2,
          scarcest: 'cpu',
          ...load,
        },
})

export const clusterStatus = (part: Partial<ClusterStatus> = {}): ClusterStatus => ({
  self: 'node-1.abcdefgh',
  viewAgeMs: 300,
  health: { live: true, ready: true, degraded: false, reasons: [] },
  bus: { kind: 'postgres', state: 'up' },
  guards: [],
  drain: null,
  rebalance: { shedding: false, excess: 0 },
  nodes: [nodeStatus('node-1', { self: true }), nodeStatus('node-2'), nodeStatus('node-3')],
  ...part,
})
