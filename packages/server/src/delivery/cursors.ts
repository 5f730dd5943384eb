import type { Cursor, Marks } from '@skein/protocol'

/** A cursor that is ahead of the log, or of an origin that the log does not have, was made by a log that is no more. */
export function isVoid(cursor: Cursor, heads: Marks): boolean {
  return Object.entries(cursor).some(([origin, seq]) => seq > (heads[origin]?.seq ?? 0))
}

export function missingCount(cursor: Cursor, heads: Marks): number {
  let missing = 0
  for (const [origin, head] of Object.entries(heads)) missing += Math.max(0, head.seq - (cursor[origin] ?? 0))
  return missing
}

/** By maximum per origin. */
export function mergeCursors(one: Cursor, other: Cursor): Cursor {
  const merged = { ...one }
  for (const [origin, seq] of Object.entries(other)) merged[origin] = Math.max(merged[origin] ?? 0, seq)
  return merged
}

export const cursorOf = (heads: Marks): Cursor =>
  Object.fromEntries(Object.entries(heads).map(([origin, mark]) => [origin, mark.seq]))

/** How many positions of `upTo` lie beyond `cursor`. */
export function missingIn(cursor: Cursor, upTo: Cursor): number {
  let missing = 0
  for (const [origin, seq] of Object.entries(upTo)) missing += Math.max(0, seq - (cursor[origin] ?? 0))
  return missing
}
