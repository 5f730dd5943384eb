import type { LaneVector, LogRecord } from '../store/store.ts'

/**
 * The vector after records that were passed on without a read: what this node itself committed. It moves
 * over those that continue it without a hole; a hole is somebody else's commit, which only a read tells.
 */
export function advanced(vector: LaneVector, records: readonly LogRecord[]): LaneVector {
  const next = [...vector]
  const beyond: LogRecord[] = []
  for (const record of records) {
    const known = next[record.lane]
    if (known === undefined || record.laneOffset <= known) continue
    if (record.laneOffset === known + 1) next[record.lane] = record.laneOffset
    else beyond.push(record)
  }
  for (const { lane, laneOffset } of beyond.sort((one, other) => one.laneOffset - other.laneOffset)) {
    if (laneOffset === (next[lane] ?? 0) + 1) next[lane] = laneOffset
  }
  return next
}

/**
 * The vector after a read that asked for what lies behind `asked`. What was committed here meanwhile is
 * not set back by it, unless the log itself is shorter than was asked: then it lost commits.
 */
export function merged(known: LaneVector, asked: LaneVector, answered: LaneVector): LaneVector {
  return answered.map((offset, lane) =>
    offset < (asked[lane] ?? 0) ? offset : Math.max(offset, known[lane] ?? 0),
  )
}
