import { sharesLeft } from '../../cluster/headroom.ts'
import type { LoadReport } from '../../cluster/node-record.ts'
import { gauge, seconds, stateSamples, type MetricDefinition, type NodeFacts } from './definition.ts'

const loadGauge = (
  name: string,
  help: string,
  read: (load: LoadReport) => number | null | undefined,
): MetricDefinition => gauge(name, help, ({ own }) => (own?.load ? read(own.load) : undefined))

const withLoad =
  (read: (load: LoadReport) => ReturnType<MetricDefinition['read']>) =>
  ({ own }: NodeFacts) =>
    own?.load ? read(own.load) : []

/** The node's load report as the others see it, of the last second. */
export const LOAD_METRICS: readonly MetricDefinition[] = [
  loadGauge('skein_headroom_ratio', 'What the scarcest resource has left: 0 is full, 1 is idle.', (load) => {
    return load.headroom / 100
  }),
  {
    type: 'gauge',
    name: 'skein_headroom_part_ratio',
    help: 'What each resource has left; the least of them is the headroom.',
    labels: ['resource'],
    read: withLoad((load) => sharesLeft(load).map(([resource, value]) => ({ value, labels: { resource } }))),
  },
  gauge('skein_weight', 'What this node can carry, relative to the others (option weight).', ({ own }) => {
    return own?.weight
  }),
  loadGauge('skein_sessions_limit', 'Connections that this node takes at most.', (load) => load.maxSessions),
  loadGauge('skein_accepts_per_second', 'New sessions per second, smoothed.', (load) => {
    return load.acceptedPerSecond
  }),
  loadGauge(
    'skein_accepts_limit_per_second',
    'New sessions per second that are let in; 0: unlimited.',
    (load) => {
      return load.acceptLimitPerSecond
    },
  ),
  loadGauge('skein_sends_per_second', 'Sends per second, smoothed.', (load) => load.messagesPerSecond),
  loadGauge(
    'skein_event_loop_lag_p99_seconds',
    'What the event loop is late by, 99th percentile.',
    (load) => {
      return seconds(load.loopLagP99Ms)
    },
  ),
  loadGauge('skein_cpu_ratio', 'CPU in use, as a share of one core: a node runs on one.', (load) => load.cpu),
  loadGauge('skein_memory_limit_bytes', 'Memory that the process may have; 0: no bound is known.', (load) => {
    return load.rssLimitBytes
  }),
  loadGauge('skein_commit_queue_wait_seconds', 'How long a send waits for its commit to begin.', (load) => {
    return seconds(load.queueWaitMs)
  }),
  loadGauge('skein_bus_lag_seconds', 'Round trip of the newest delivery probe.', ({ busLagMs }) => {
    return seconds(busLagMs)
  }),
  loadGauge('skein_probe_age_seconds', 'Age of the newest delivery probe that came back.', (load) => {
    return seconds(load.probeOkAgeMs)
  }),
  {
    type: 'gauge',
    name: 'skein_probe_path',
    help: "1 for what the delivery probes say of this node's path: working, failing (of others it works), degraded (of all it fails).",
    labels: ['verdict'],
    read: withLoad(({ path }) => stateSamples(['working', 'failing', 'degraded'], path, {}, 'verdict')),
  },
]
