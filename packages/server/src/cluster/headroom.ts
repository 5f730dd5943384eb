import type { LoadReport } from './node-record.ts'

/** A loop that lags this much has nothing left: every client waits as long. */
const FULL_LAG_MS = 200
/** A send that waits this long for its commit to begin is about to be refused. */
const FULL_QUEUE_MS = 1_000
/** Above this share of its limit a process is near its end. */
const FULL_MEMORY = 0.9

const left = (used: number, full: number): number =>
  full > 0 ? Math.min(1, Math.max(0, 1 - used / full)) : 1

/** 0 to 100: what the scarcest resource has left. A mean would hide a full one behind idle ones. */
export function headroomOf(report: Omit<LoadReport, 'headroom'>): number {
  const scarcest = Math.min(
    left(report.sessions, report.maxSessions),
    left(report.loopLagP99Ms, FULL_LAG_MS),
    left(report.cpu, 1),
    left(report.queueWaitMs, FULL_QUEUE_MS),
    left(report.rssBytes, report.rssLimitBytes * FULL_MEMORY),
  )
  return Math.round(scarcest * 100)
}
