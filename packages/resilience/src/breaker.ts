import { assert, unreachable } from '@skein/core'
import { fullJitterMs, type BackoffOptions } from './backoff.ts'

export interface BreakerOptions extends BackoffOptions {
  /** Failures in a row that open it (≥ 1). `baseMs` and `maxMs` bound how long it then stays open. */
  readonly failures: number
  /** A probe whose end nobody told is given up after this, in milliseconds (> 0). */
  readonly probeMs: number
}

/**
 *              failures in a row              asked when due
 *    closed ─────────────────────▶ open ─────────────────────▶ halfOpen: one probe
 *      ▲                            ▲                            │      │
 *      └──── succeeded ─────────────┼────────────────────────────┘      │
 *                                   └──── failed: open for longer ──────┘
 *
 * Source: Michael Nygard, "Release It!", 2007, "Circuit Breaker". How long it stays open grows with every
 * opening in a row, with full jitter, so that many clients do not probe in the same instant.
 */
export type BreakerState =
  | { readonly name: 'closed'; readonly failures: number }
  | { readonly name: 'open'; readonly openings: number; readonly untilMs: number }
  | { readonly name: 'halfOpen'; readonly openings: number; readonly probeUntilMs: number }

/** `asked`: an attempt begins. It is the caller's duty to look at `breakerAdmits` before. */
export type BreakerEvent = 'asked' | 'succeeded' | 'failed'

export interface BreakerMoment {
  /** Monotonic. */
  readonly nowMs: number
  /** Uniform in [0, 1). */
  readonly roll: number
}

export const closedBreaker: BreakerState = { name: 'closed', failures: 0 }

/** Whether an attempt may begin now. */
export function breakerAdmits(state: BreakerState, nowMs: number): boolean {
  switch (state.name) {
    case 'closed':
      return true
    case 'open':
      return nowMs >= state.untilMs
    case 'halfOpen':
      return nowMs >= state.probeUntilMs
    default:
      return unreachable(state)
  }
}

export function breakerStep(
  state: BreakerState,
  event: BreakerEvent,
  moment: BreakerMoment,
  options: BreakerOptions,
): BreakerState {
  assert(options.failures >= 1, `failures must be at least 1, got ${options.failures}`)
  assert(options.probeMs > 0, `probeMs must be above 0, got ${options.probeMs}`)
  switch (event) {
    case 'succeeded':
      return closedBreaker
    case 'asked':
      return state.name === 'closed'
        ? state
        : {
            name: 'halfOpen',
            openings: state.openings,
            probeUntilMs: moment.nowMs + options.probeMs,
          }
    case 'failed':
      return failed(state, moment, options)
    default:
      return unreachable(event)
  }
}

function failed(state: BreakerState, moment: BreakerMoment, options: BreakerOptions): BreakerState {
  switch (state.name) {
    case 'closed': {
      const failures = state.failures + 1
      return failures < options.failures ? { name: 'closed', failures } : open(0, moment, options)
    }
    case 'halfOpen':
      return open(state.openings, moment, options)
    // An attempt from before it opened: what it tells is known.
    case 'open':
      return state
    default:
      return unreachable(state)
  }
}

const open = (openings: number, { nowMs, roll }: BreakerMoment, options: BreakerOptions): BreakerState => ({
  name: 'open',
  openings: openings + 1,
  untilMs: nowMs + fullJitterMs(options, openings, { next: () => roll }),
})
