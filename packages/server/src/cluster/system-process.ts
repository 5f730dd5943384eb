import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { ProcessGauges } from './load.ts'

const RESOLUTION_MS = 10
const NANOSECONDS_PER_MS = 1e6

/** This process as it is. A v8 heap limit or a cgroup's memory bound is the caller's to name. */
export function systemProcess(rssLimitBytes: number): ProcessGauges & { stop(): void } {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  loop.enable()
  return {
    rssLimitBytes,
    loopLagP99Ms() {
      // The histogram holds the whole interval of its timer, not only what it was late by.
      const lagMs = loop.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS
      loop.reset()
      return Number.isFinite(lagMs) ? Math.max(0, lagMs) : 0
    },
    cpuMs() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1_000
    },
    rssBytes: () => process.memoryUsage.rss(),
    stop: () => loop.disable(),
  }
}
