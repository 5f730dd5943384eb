import type { DrainOptions } from '../cluster/drain-plan.ts'
import { drainTakesMs } from '../cluster/drain-plan.ts'

/** Of the window: what the last who are asked have to follow. The rest is for asking. */
const FOLLOW_SHARE = 0.4
const LEAST_FOLLOW_MS = 1_000
const MOST_FOLLOW_MS = 10_000

/** Half of what a target takes, so that its own clients notice nothing: returning clients are cheap. */
const MIGRATIONS_PER_SECOND_AND_TARGET = 400

export interface DrainTimes {
  readonly plan: DrainOptions
  /** What a client has to follow. */
  readonly withinMs: number
  /** When whoever is left then is dismissed, from the beginning. */
  readonly endsAfterMs: number
}

export interface DrainScale {
  readonly windowMs: number
  /** The process ends with the window; else the window gives way to the budget. */
  readonly hard: boolean
  readonly sessions: number
  readonly targets: number
}

/** Asking takes the first part of the window, following the last: so all is over when the window is. */
export function drainTimes({ windowMs, hard, sessions, targets }: DrainScale): DrainTimes {
  // Whole milliseconds: a client does not read a frame with a fraction, and would stay to the end.
  const wantedMs = Math.min(MOST_FOLLOW_MS, Math.max(LEAST_FOLLOW_MS, Math.floor(windowMs * FOLLOW_SHARE)))
  const withinMs = hard ? Math.min(wantedMs, windowMs) : wantedMs
  const plan = {
    windowMs: Math.max(0, windowMs - withinMs),
    budgetPerSecond: MIGRATIONS_PER_SECOND_AND_TARGET * Math.max(1, targets),
  }
  const endsAfterMs = hard ? windowMs : drainTakesMs(plan, sessions) + withinMs
  return { plan, withinMs, endsAfterMs }
}
