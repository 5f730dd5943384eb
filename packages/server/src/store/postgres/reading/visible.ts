import type { Cursor } from '@skein/protocol'

/** One membership: it sees what comes after `from`, up to and including `until`. */
export interface Interval {
  readonly from: Cursor
  readonly until: Cursor | null
}

/** Origins that `from` does not name are seen whole, those that `until` does not name not at all. */
export const isVisible = (intervals: readonly Interval[], origin: string, seq: number): boolean =>
  intervals.some(
    ({ from, until }) => seq > (from[origin] ?? 0) && (until === null || seq <= (until[origin] ?? 0)),
  )

/** The same in SQL, for the event `e` of the origin `o` and the interval `v`. */
export const VISIBLE = `e.seq > coalesce((v.sees_from ->> o.name)::bigint, 0)
  and (v.sees_until is null or e.seq <= coalesce((v.sees_until ->> o.name)::bigint, 0))`
