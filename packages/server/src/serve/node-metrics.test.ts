import { expect, test } from 'vitest'
import { memoryBus } from '../bus/memory/memory-bus.ts'
import { MemoryBusHub } from '../bus/memory/memory-bus-hub.ts'
import { Members } from '../member/manual-members.ts'
import { newCounters } from '../node/counters.ts'
import { Guards } from '../observe/guards.ts'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { metricsOf, type MetricSources } from './node-metrics.ts'

const STATS = {
  name: 'n1',
  origin: 'o',
  state: 'running',
  upMs: 1,
  sessions: 5,
  liveConversations: 0,
  counters: newCounters(),
  deliveries: 0,
  repairs: 0,
  waitingEntries: 0,
  waitingBytes: 0,
  queueWaitMs: 0,
  tail: 'following',
  tailAgeMs: 3,
} as const

function sources(part: Partial<MetricSources> = {}): MetricSources {
  const runtime = new ManualRuntime()
  return {
    config: { metrics: { enabled: true } },
    runtime,
    node: { stats: () => STATS },
    bus: memoryBus(new MemoryBusHub({ runtime }), { node: 'n1.1', runtime }),
    guards: new Guards(),
    processGauges: { cpuMs: () => 2_000, rssBytes: () => 1e8 },
    health: () => ({ live: true, ready: false, degraded: false, reasons: ['The node is starting.'] }),
    member: () => undefined,
    ...part,
  }
}

const scrape = async (part?: Partial<MetricSources>): Promise<string> =>
  (await metricsOf(sources(part))?.read())?.text ?? ''

test('a node that is starting tells what it knows already', async () => {
  const text = await scrape()
  for (const line of [
    'skein_sessions 5',
    'skein_node_ready 0',
    'process_cpu_seconds_total 2',
    'skein_bus_up 0',
  ])
    expect(text.split('\n')).toContain(line)
  expect(text).not.toMatch(/^skein_headroom/m)
})

test('a member tells its own load among all nodes, and its guards', async () => {
  const [host] = await new Members().running('a', 'b')
  const guards = new Guards()
  guards.add(() => [{ name: 'admission', kind: 'admission', state: 'acting', refused: 4 }])
  const text = await scrape({ member: () => host?.member, guards })
  for (const line of [
    'skein_headroom_ratio 1',
    'skein_cluster_nodes{state="ready"} 2',
    'skein_guard_state{guard="admission",kind="admission",state="acting"} 1',
    'skein_guard_refused_total{guard="admission",kind="admission"} 4',
  ])
    expect(text.split('\n')).toContain(line)
  expect(text).toMatch(/^skein_node_info\{node="n1",version="[^"]+",zone="z",region="eu",bus="memory"\} 1$/m)
})

test('metrics that are turned off are none, and their key goes along', () => {
  expect(metricsOf(sources({ config: { metrics: { enabled: false } } }))).toBeUndefined()
  expect(metricsOf(sources({ config: { metrics: { enabled: true, key: 'k' } } }))?.key).toBe('k')
})
