import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LOAD } from '../../cluster/manual-cluster.ts'
import type { ClusterStatus, NodeStatus } from '../../member/status.ts'
import { newCounters } from '../../node/counters.ts'
import type { GuardStatus } from '../guards.ts'
import { ManualRuntime } from '../manual-runtime.ts'
import { METRIC_GROUPS } from './catalog.ts'
import type { NodeFacts } from './definition.ts'
import { NodeMetrics } from './node-metrics.ts'
import { metricsReference } from './reference.ts'

const METRICS = METRIC_GROUPS.flatMap(({ metrics }) => metrics)

const OWN: NodeStatus = {
  id: 'node-1.1',
  name: 'node-1',
  zone: 'a',
  region: 'eu',
  release: '0.1.0',
  state: 'ready',
  reason: 'serving',
  sinceMs: 0,
  self: true,
  address: 'ws://x',
  internalAddress: 'http://x',
  heardAgeMs: 0,
  missed: 0,
  leaving: 3,
  weight: 2,
  guards: [],
  load: { ...LOAD, sessions: 40, headroom: 60, scarcest: 'sessions', busLagMs: 4, probeOkAgeMs: 250 },
}

const CLUSTER: ClusterStatus = {
  self: 'node-1',
  viewAgeMs: 400,
  health: { live: true, ready: true, degraded: false, reasons: [] },
  bus: { kind: 'redis', state: 'up' },
  guards: [],
  drain: null,
  rebalance: { shedding: false, excess: -2 },
  nodes: [OWN, { ...OWN, id: 'node-2.1', name: 'node-2', self: false, load: null }],
}

const BREAKER: GuardStatus = {
  name: 'database.commits',
  kind: 'breaker',
  state: 'open',
  reason: '5 failures in a row',
  refused: 12,
}
const QUEUE: GuardStatus = {
  name: 'commit "queue"\n',
  kind: 'queue',
  state: 'idle',
  used: 5,
  bound: 20_000,
  unit: 'entries',
  refused: 0,
}

const facts = (part: Partial<NodeFacts> = {}): NodeFacts => ({
  version: '0.1.0',
  stats: {
    name: 'node-1',
    origin: 'eu-1',
    state: 'running',
    upMs: 5_000,
    sessions: 40,
    liveConversations: 7,
    counters: { ...newCounters(), sends: 100, duplicates: 3 },
    deliveries: 300,
    repairs: 1,
    waitingEntries: 2,
    waitingBytes: 300,
    queueWaitMs: 3,
    tail: 'following',
    tailAgeMs: 120,
  },
  health: CLUSTER.health,
  bus: {
    kind: 'redis',
    state: 'up',
    counters: { published: 9, dropped: 1, received: 8, malformed: 0, losses: 0, failedAttempts: 0 },
  },
  guards: [BREAKER, QUEUE],
  process: { cpuMs: 1_500, rssBytes: 1e8, startedAtMs: 1_700_000_000_000 },
  cluster: CLUSTER,
  own: OWN,
  ...part,
})

const scrape = async (given: NodeFacts = facts()): Promise<string> =>
  (await new NodeMetrics(new ManualRuntime().clock, () => given).read()).text

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => /^[a-z]/.test(line))

test('docs/metrics.md is what the catalog says (npm run docs:config writes it)', () => {
  const path = new URL('../../../../../docs/metrics.md', import.meta.url)
  expect(readFileSync(path, 'utf8')).toBe(metricsReference())
})

test('names keep the conventions of Prometheus, as promtool check metrics wants them', () => {
  const names = METRICS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { name, type, help, labels } of METRICS) {
    expect(name).toMatch(/^(skein|process)_[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect(name).not.toMatch(
      /_(ms|milliseconds|minutes|hours|percent|kb|mb|gauge|counter|count|sum|bucket)(_|$)/,
    )
    expect([name, help]).toEqual([name, expect.stringMatching(/^[A-Z1][^\n]*\.$/)])
    for (const label of labels) expect(label).toMatch(/^(?!__|le$|quantile$|job$|instance$)[a-z][a-z_]*$/)
  }
})

test('every metric is scraped with its help and type, and says what the node knows', async () => {
  const text = await scrape()
  for (const { name, type } of METRICS) {
    expect(text).toContain(`# HELP ${name} `)
    expect(text).toContain(`# TYPE ${name} ${type}\n`)
  }
  for (const line of [
    'skein_node_info{node="node-1",version="0.1.0",zone="a",region="eu",bus="redis"} 1',
    'skein_cluster_nodes{state="ready"} 2',
    'skein_cluster_nodes{state="draining"} 0',
    'skein_cluster_reports_missing 1',
    'skein_headroom_ratio 0.6',
    'skein_headroom_part_ratio{resource="sessions"} 0.6',
    'skein_weight 2',
    'skein_bus_lag_seconds 0.004',
    'skein_probe_path{verdict="working"} 1',
    'skein_sends_total 100',
    'skein_sends_duplicate_total 3',
    'skein_sessions_leaving 3',
    'skein_guard_state{guard="database.commits",kind="breaker",state="open"} 1',
    'skein_guard_state{guard="database.commits",kind="breaker",state="closed"} 0',
    'skein_guard_refused_total{guard="database.commits",kind="breaker"} 12',
    String.raw`skein_guard_bound{guard="commit \"queue\"\n",kind="queue",unit="entries"} 20000`,
    'process_cpu_seconds_total 1.5',
    'process_start_time_seconds 1700000000',
  ])
    expect(text.split('\n')).toContain(line)
})

test('each line is one sample of a metric that the catalog knows', async () => {
  const names = new Set(METRICS.map(({ name }) => name))
  const lines = linesOf(await scrape())
  for (const line of lines) {
    const [, name = '', value = ''] = /^([a-z0-9_]+)(?:\{.*\})? (\S+)$/.exec(line) ?? []
    expect([line, names.has(name), Number.isFinite(Number(value))]).toEqual([line, true, true])
  }
  expect(new Set(lines.map((line) => line.replace(/ \S+$/, ''))).size).toBe(lines.length)
})

test('what is not known is left out, and not told as 0', async () => {
  const { stats } = facts()
  const text = await scrape(
    facts({ cluster: undefined, own: undefined, stats: { ...stats, tailAgeMs: null } }),
  )
  const told = linesOf(text).join('\n')
  for (const name of [
    'skein_headroom',
    'skein_tail_age',
    'skein_cluster',
    'skein_node_info',
    'skein_bus_lag',
  ])
    expect(told).not.toContain(name)
  expect(told).toContain('skein_sessions 40')
})

test('a counter is what the node counted, however often it is scraped, and renders once a second', async () => {
  const runtime = new ManualRuntime()
  let sends = 10
  let asked = 0
  const metrics = new NodeMetrics(runtime.clock, () => {
    asked++
    const { stats } = facts()
    return facts({ stats: { ...stats, counters: { ...stats.counters, sends } } })
  })
  const sendsTold = async (): Promise<string | undefined> =>
    /^skein_sends_total (\d+)$/m.exec((await metrics.read()).text)?.[1]
  expect(await sendsTold()).toBe('10')
  sends = 25
  expect([await sendsTold(), await sendsTold(), asked]).toEqual(['10', '10', 1])
  await runtime.advance(1_000)
  expect([await sendsTold(), asked]).toEqual(['25', 2])
})

test('however many guards there are, a scrape stays small', async () => {
  const guards = Array.from({ length: 5_000 }, (_, index) => ({ ...BREAKER, name: `guard-${index}` }))
  expect(linesOf(await scrape(facts({ guards }))).length).toBeLessThan(1_000)
})
