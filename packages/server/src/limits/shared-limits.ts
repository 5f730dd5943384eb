import type { RateLimit } from '@skein/resilience'

/** One key's limit, and how much of it is wanted. */
export interface SharedTake {
  /** Who, with what for: `connects:user:app/ada`. */
  readonly key: string
  readonly limit: RateLimit
  /** Whole, from 1 to the burst. */
  readonly cost: number
}

export type SharedVerdict =
  | { readonly admitted: true }
  /** Nothing was taken. `by`: index of the limit that takes longest. */
  | { readonly admitted: false; readonly by: number; readonly retryAfterMs: number }

export interface SharedLease {
  /** How many of those that were wanted; they are charged. */
  readonly taken: number
  /** When none: how long until there is one. */
  readonly retryAfterMs: number
}

/**
 * The limits of all nodes in one place, by that place's clock: exactly what was promised, whoever asks.
 * Every method is one round trip, and rejects when the answer is not known.
 */
export interface SharedLimits {
  /** All or none, as `gcraAll`. */
  takeAll(takes: readonly SharedTake[]): Promise<SharedVerdict>
  /** Each by itself, as many as there are up to `cost`, as `gcraUpTo`. */
  takeUpTo(takes: readonly SharedTake[]): Promise<readonly SharedLease[]>
  close(): Promise<void>
}
