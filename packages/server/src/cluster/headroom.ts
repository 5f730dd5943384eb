import type { LoadReport, Resource } from './node-record.ts'

/** A loop that lags this much has nothing left: every client waits as long. */
const FULL_LAG_MS = 200
/** A send that waits this long for its commit to begin is about to be refused. */
const FULL_QUEUE_MS = 1_000
/** Above this share of its limit a process is near its end. */
const FULL_MEMORY = 0.9
/** Deliveries that take this long between nodes come no sooner than by the log's tail and its retry. */
const FULL_BUS_LAG_MS = 2_000

export interface Headroom {
  /** 0 (full) to 100 (idle). */
  readonly headroom: number
  /** Null when of everything all is left. */
  readonly scarcest: Resource | null
}

export type Signals = Omit<LoadReport, keyof Headroom>

/** What is left, from 0 to 1. Without a bound all is left; of what cannot be measured, nothing. */
function left(used: number, full: number): number {
  if (full <= 0) return 1
  const share = 1 - used / full
  return Number.isNaN(share) ? 0 : Math.min(1, Math.max(0, share))
}

/**
 * Every resource that has a bound. How many messages a second a node could carry nobody knows before it
 * does: that shows in its loop, CPU and queue. A path that fails for all alike says nothing against this one.
 */
export const sharesLeft = (report: Signals): readonly (readonly [Resource, number])[] => [
  ['sessions', left(report.sessions, report.maxSessions)],
  ['accepting', left(report.acceptedPerSecond, report.acceptLimitPerSecond)],
  ['loop', left(report.loopLagP99Ms, FULL_LAG_MS)],
  ['cpu', left(report.cpu, 1)],
  ['memory', left(report.rssBytes, report.rssLimitBytes * FULL_MEMORY)],
  ['queue', left(report.queueWaitMs, FULL_QUEUE_MS)],
  ['bus', report.path === 'degraded' ? 1 : left(report.busLagMs ?? 0, FULL_BUS_LAG_MS)],
  ['path', report.path === 'failing' ? 0 : 1],
]

/** What the scarcest resource has left. A mean would hide a full one behind idle ones. */
export function headroomOf(report: Signals): Headroom {
  let scarcest: Resource | null = null
  let least = 1
  for (const [resource, share] of sharesLeft(report)) {
    if (share >= least) continue
    scarcest = resource
    least = share
  }
  const headroom = Math.round(least * 100)
  return { headroom, scarcest: headroom === 100 ? null : scarcest }
}
