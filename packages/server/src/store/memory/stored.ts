import type { Committed } from '../decide/decision.ts'

/** A record as the log keeps it. Records are frozen, so handing one out is as good as a copy. */
export interface Stored extends Committed {
  readonly bodyBytes: number
  /** Readers see it from this moment on; commits, which hold the lock, at once. */
  visibleAtMs: number
}

/** Takes one change back. */
export type Undo = () => void

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}

/** How many of `items` a reader at `nowMs` sees. What is visible is always a prefix, so only the end is looked at. */
export function visibleLength(items: readonly Stored[], nowMs: number): number {
  let length = items.length
  while (length > 0 && (items[length - 1]?.visibleAtMs ?? 0) > nowMs) length--
  return length
}
