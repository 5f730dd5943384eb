import type { Cursor, Role } from '@skein/protocol'
import type { Stored } from './stored.ts'

/** One membership of one user: it sees what comes after `from`, up to and including `until`. */
export interface Interval {
  readonly from: Cursor
  readonly role: Role
  /** The event that let the user in. */
  readonly opened: Stored
  readonly until?: Cursor
  /** The event that ended it. */
  readonly closed?: Stored
}

/** Whether a reader at `nowMs` can know of the end: its event may not be visible yet. */
const hasEnded = (interval: Interval, nowMs: number): boolean =>
  interval.closed !== undefined && interval.closed.visibleAtMs <= nowMs

export function isInside(interval: Interval, origin: string, seq: number, nowMs: number): boolean {
  if (seq <= (interval.from[origin] ?? 0)) return false
  return !hasEnded(interval, nowMs) || seq <= (interval.until?.[origin] ?? 0)
}

/** The memberships that a reader at `nowMs` can know of. */
export const knownIntervals = (intervals: readonly Interval[], nowMs: number): readonly Interval[] =>
  intervals.filter((interval) => interval.opened.visibleAtMs <= nowMs)

/** The membership that lasts, as far as a reader at `nowMs` can know. */
export function currentInterval(intervals: readonly Interval[], nowMs: number): Interval | undefined {
  const last = intervals.findLast((interval) => interval.opened.visibleAtMs <= nowMs)
  return last !== undefined && !hasEnded(last, nowMs) ? last : undefined
}
