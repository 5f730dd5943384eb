import { counter, gauge, seconds, type MetricDefinition } from './definition.ts'

/** By the names that all Prometheus clients use. */
export const PROCESS_METRICS: readonly MetricDefinition[] = [
  counter('process_cpu_seconds_total', 'CPU time of the process.', ({ process }) => seconds(process.cpuMs)),
  gauge('process_resident_memory_bytes', 'Memory of the process.', ({ process }) => process.rssBytes),
  gauge('process_start_time_seconds', 'When the process began, seconds since 1970.', ({ process }) => {
    return seconds(process.startedAtMs)
  }),
]
