export interface BatchBounds {
  readonly batchEntries: number
  readonly batchBytes: number
}

/**
 * How many of the entries that wait, oldest first, go into the next commit. At least one when any
 * waits, so that an entry above the byte bound (it passed the wire's limits) still goes, alone.
 */
export function cutBatch(waiting: readonly { readonly bytes: number }[], bounds: BatchBounds): number {
  let bytes = 0
  let count = 0
  for (const { bytes: entryBytes } of waiting) {
    if (count === bounds.batchEntries) break
    bytes += entryBytes
    if (count > 0 && bytes > bounds.batchBytes) break
    count++
  }
  return count
}

/** How many of the entries, oldest first, have waited for `deadlineMs` or longer. */
export function countExpired(
  waiting: readonly { readonly enqueuedAtMs: number }[],
  nowMs: number,
  deadlineMs: number,
): number {
  const firstInTime = waiting.findIndex(({ enqueuedAtMs }) => nowMs - enqueuedAtMs < deadlineMs)
  return firstInTime === -1 ? waiting.length : firstInTime
}
