import type { Cursor, Event, Marks } from '@skein/protocol'

/** Where an event stands to a cursor: the next one, already had, or beyond a gap. */
export function placeOf(cursor: Cursor, event: Pick<Event, 'origin' | 'seq'>): 'next' | 'old' | 'gap' {
  const had = cursor[event.origin] ?? 0
  if (event.seq <= had) return 'old'
  return event.seq === had + 1 ? 'next' : 'gap'
}

/** By maximum per origin; the same object when nothing moves. */
export function mergeCursor(one: Cursor, other: Cursor): Cursor {
  const moved = Object.entries(other).filter(([origin, seq]) => seq > (one[origin] ?? -1))
  return moved.length === 0 ? one : { ...one, ...Object.fromEntries(moved) }
}

/** By maximum per origin; the same object when nothing moves. */
export function mergeMarks(one: Marks, other: Marks): Marks {
  const moved = Object.entries(other).filter(([origin, mark]) => mark.seq > (one[origin]?.seq ?? -1))
  return moved.length === 0 ? one : { ...one, ...Object.fromEntries(moved) }
}

export const cursorOf = (marks: Marks): Cursor =>
  Object.fromEntries(Object.entries(marks).map(([origin, mark]) => [origin, mark.seq]))

export const isBehind = (cursor: Cursor, heads: Cursor): boolean =>
  Object.entries(heads).some(([origin, seq]) => seq > (cursor[origin] ?? 0))

export const markOf = (event: Event): Marks => ({ [event.origin]: { seq: event.seq, count: event.count } })

/** Those marks that a cursor covers. */
export const marksUpTo = (marks: Marks, cursor: Cursor): Marks =>
  Object.fromEntries(Object.entries(marks).filter(([origin, { seq }]) => seq <= (cursor[origin] ?? 0)))
