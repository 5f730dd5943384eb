import { assert, unreachable } from '@skein/core'
import { fullJitterMs, type BackoffOptions } from './backoff.ts'
import {
  brokenBound,
  checkRateRule,
  countCall,
  isSlow,
  NO_WINDOW,
  type CallWindow,
  type RateRule,
} from './call-window.ts'

export interface BreakerOptions extends BackoffOptions {
  /** Failures in a row that open it (≥ 1). `baseMs` and `maxMs` bound how long it then stays open. */
  readonly failures: number
  /** A probe whose end nobody told is given up after this, in milliseconds (> 0). */
  readonly probeMs: number
  /** Opens it also when too many of the recent calls fail or are slow. Absent: only failures in a row. */
  readonly rates?: RateRule | undefined
}

/**
 *        failures in a row, too many failed, too many slow      asked when due
 *    closed ─────────────────────▶ open ─────────────────────▶ halfOpen: one probe
 *      ▲                            ▲                            │      │
 *      └──── succeeded ─────────────┼────────────────────────────┘      │
 *                                   └──── failed or slow: open longer ──┘
 *
 * Sources: Michael Nygard, "Release It!", 2007, "Circuit Breaker"; resilience4j for failure rate and slow
 * calls with a minimum of calls. How long it stays open grows with every opening in a row, with full
 * jitter, so that many clients do not probe in the same instant.
 */
export type BreakerState =
  | { readonly name: 'closed'; readonly failures: number; readonly recent?: CallWindow }
  | {
      readonly name: 'open'
      readonly openings: number
      readonly untilMs: number
      readonly reason: OpenReason
    }
  | { readonly name: 'halfOpen'; readonly openings: number; readonly probeUntilMs: number }

export type OpenReason = 'failuresInRow' | 'failureRate' | 'slowCalls' | 'probeFailed' | 'probeSlow'

/** `asked`: an attempt begins. It is the caller's duty to look at `breakerAdmits` before. */
export type BreakerEvent = 'asked' | 'succeeded' | 'failed'

export interface BreakerMoment {
  /** Monotonic. */
  readonly nowMs: number
  /** Uniform in [0, 1). */
  readonly roll: number
  /** How long the attempt took that ended; needed to see slow ones. */
  readonly tookMs?: number | undefined
}

/** A change of state, for logs, metrics and whoever watches. */
export interface BreakerChange {
  readonly from: BreakerState['name']
  readonly to: BreakerState['name']
  readonly reason: OpenReason | 'probing' | 'succeeded'
  readonly atMs: number
}

export const closedBreaker: BreakerState = { name: 'closed', failures: 0 }

/** Whether an attempt may begin now. */
export function breakerAdmits(state: BreakerState, nowMs: number): boolean {
  return breakerRetryAfterMs(state, nowMs) === 0
}

/** How long until an attempt may begin, in milliseconds; 0: now. */
export function breakerRetryAfterMs(state: BreakerState, nowMs: number): number {
  switch (state.name) {
    case 'closed':
      return 0
    case 'open':
      return Math.max(0, state.untilMs - nowMs)
    case 'halfOpen':
      return Math.max(0, state.probeUntilMs - nowMs)
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
      return succeeded(state, moment, options)
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

/** What changed between two states, as a value; undefined: nothing that anybody would be told. */
export function breakerChange(
  before: BreakerState,
  after: BreakerState,
  atMs: number,
): BreakerChange | undefined {
  if (before.name === after.name) return undefined
  const change = { from: before.name, to: after.name, atMs }
  switch (after.name) {
    case 'closed':
      return { ...change, reason: 'succeeded' }
    case 'open':
      return { ...change, reason: after.reason }
    case 'halfOpen':
      return { ...change, reason: 'probing' }
    default:
      return unreachable(after)
  }
}

/** @throws OptionError or AssertionError by name and value. */
export function checkBreaker(options: BreakerOptions): void {
  const moment = { nowMs: 0, roll: 0 }
  breakerStep(closedBreaker, 'asked', moment, options)
  open(0, 'probeFailed', moment, options)
  if (options.rates !== undefined) checkRateRule(options.rates)
}

function succeeded(state: BreakerState, moment: BreakerMoment, options: BreakerOptions): BreakerState {
  const { rates } = options
  if (rates === undefined) return closedBreaker
  switch (state.name) {
    case 'closed':
      return counted(state, 0, { ok: true, tookMs: moment.tookMs }, moment, options, rates)
    case 'open':
    case 'halfOpen': {
      if (!isSlow({ ok: true, tookMs: moment.tookMs }, rates)) return closedBreaker
      return state.name === 'open' ? state : open(state.openings, 'probeSlow', moment, options)
    }
    default:
      return unreachable(state)
  }
}

function failed(state: BreakerState, moment: BreakerMoment, options: BreakerOptions): BreakerState {
  switch (state.name) {
    case 'closed': {
      const failures = state.failures + 1
      if (failures >= options.failures) return open(0, 'failuresInRow', moment, options)
      if (options.rates === undefined) return { name: 'closed', failures }
      return counted(state, failures, { ok: false, tookMs: undefined }, moment, options, options.rates)
    }
    case 'halfOpen':
      return open(state.openings, 'probeFailed', moment, options)
    // An attempt from before it opened: what it tells is known.
    case 'open':
      return state
    default:
      return unreachable(state)
  }
}

function counted(
  state: BreakerState & { name: 'closed' },
  failures: number,
  end: { readonly ok: boolean; readonly tookMs: number | undefined },
  moment: BreakerMoment,
  options: BreakerOptions,
  rates: RateRule,
): BreakerState {
  const recent = countCall(state.recent ?? NO_WINDOW, end, moment.nowMs, rates)
  const reason = brokenBound(recent, moment.nowMs, rates)
  return reason === undefined ? { name: 'closed', failures, recent } : open(0, reason, moment, options)
}

const open = (
  openings: number,
  reason: OpenReason,
  { nowMs, roll }: BreakerMoment,
  options: BreakerOptions,
): BreakerState => ({
  name: 'open',
  openings: openings + 1,
  untilMs: nowMs + fullJitterMs(options, openings, { next: () => roll }),
  reason,
})
