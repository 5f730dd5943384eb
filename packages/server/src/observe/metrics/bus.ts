import type { BusCounters } from '../../bus/bus.ts'
import { counter, gauge, type MetricDefinition } from './definition.ts'

const counted = (key: keyof BusCounters, name: string, help: string): MetricDefinition =>
  counter(name, help, ({ bus }) => bus.counters[key])

const COUNTERS = {
  published: counted('published', 'skein_bus_published_total', 'Hints and messages that the bus took.'),
  dropped: counted(
    'dropped',
    'skein_bus_dropped_total',
    "Hints and messages that were not sent, or of which that is unknown: the log's tail makes up for them.",
  ),
  received: counted('received', 'skein_bus_received_total', 'Hints and messages that came by the bus.'),
  malformed: counted('malformed', 'skein_bus_malformed_total', 'Payloads on the bus that nobody could read.'),
  losses: counted(
    'losses',
    'skein_bus_connections_lost_total',
    'Connections to the bus that stood and failed.',
  ),
  failedAttempts: counted(
    'failedAttempts',
    'skein_bus_connections_failed_total',
    'Attempts to connect to the bus that failed.',
  ),
} satisfies Record<keyof BusCounters, MetricDefinition>

export const BUS_METRICS: readonly MetricDefinition[] = [
  gauge('skein_bus_up', '1 while what is published arrives, as far as is known.', ({ bus }) => {
    return bus.state === 'up'
  }),
  ...Object.values(COUNTERS),
]
