import { optionAbove, optionBetween } from './options.ts'

/** Calls of the last while: of this half of the window and the one before. */
export interface CallWindow {
  readonly sinceMs: number
  readonly now: CallCounts
  readonly before: CallCounts
}

export interface CallCounts {
  readonly calls: number
  readonly failures: number
  readonly slow: number
}

/** When calls are too bad, though not all of them fail. */
export interface RateRule {
  /** Calls of the last half to whole of this time count, in milliseconds (> 0). */
  readonly windowMs: number
  /** Fewer calls than this prove nothing (≥ 1). */
  readonly minimumCalls: number
  /** Failures ÷ calls that is too much, in (0, 1]. */
  readonly failureShare: number
  /** A call that took longer is slow, in milliseconds (> 0). Infinity: none is. */
  readonly slowMs: number
  /** Slow ÷ calls that is too much, in (0, 1]. */
  readonly slowShare: number
}

export interface CallEnd {
  readonly ok: boolean
  /** How long it took; undefined: not known, so not slow. */
  readonly tookMs: number | undefined
}

const NO_CALLS: CallCounts = { calls: 0, failures: 0, slow: 0 }
export const NO_WINDOW: CallWindow = { sinceMs: 0, now: NO_CALLS, before: NO_CALLS }

/** @throws OptionError by name and value. */
export function checkRateRule(rule: RateRule): void {
  optionAbove('windowMs', rule.windowMs, 0)
  optionBetween('minimumCalls', rule.minimumCalls, 1, Infinity)
  optionBetween('failureShare', rule.failureShare, Number.MIN_VALUE, 1)
  optionBetween('slowMs', rule.slowMs, Number.MIN_VALUE, Infinity)
  optionBetween('slowShare', rule.slowShare, Number.MIN_VALUE, 1)
}

export const isSlow = (end: CallEnd, { slowMs }: RateRule): boolean =>
  end.tookMs !== undefined && end.tookMs > slowMs

export function countCall(window: CallWindow, end: CallEnd, nowMs: number, rule: RateRule): CallWindow {
  const { sinceMs, now, before } = rolled(window, nowMs, rule)
  const counted = {
    calls: now.calls + 1,
    failures: now.failures + (end.ok ? 0 : 1),
    slow: now.slow + (isSlow(end, rule) ? 1 : 0),
  }
  return { sinceMs, now: counted, before }
}

export function recentCalls(window: CallWindow, nowMs: number, rule: RateRule): CallCounts {
  const { now, before } = rolled(window, nowMs, rule)
  return {
    calls: now.calls + before.calls,
    failures: now.failures + before.failures,
    slow: now.slow + before.slow,
  }
}

/** Which of its bounds the recent calls have reached. */
export function brokenBound(
  window: CallWindow,
  nowMs: number,
  rule: RateRule,
): 'failureRate' | 'slowCalls' | undefined {
  const { calls, failures, slow } = recentCalls(window, nowMs, rule)
  if (calls < rule.minimumCalls) return undefined
  if (failures >= rule.failureShare * calls) return 'failureRate'
  return slow >= rule.slowShare * calls ? 'slowCalls' : undefined
}

function rolled(window: CallWindow, nowMs: number, { windowMs }: RateRule): CallWindow {
  const halfMs = windowMs / 2
  const sinceMs = nowMs - (nowMs % halfMs)
  if (sinceMs <= window.sinceMs) return window
  return { sinceMs, now: NO_CALLS, before: sinceMs - window.sinceMs <= halfMs ? window.now : NO_CALLS }
}
