import { optionAbove, optionBetween } from '../options.ts'
import { checkRateRule, type CallWindow, type RateRule } from '../call-window.ts'

export interface OutlierOptions {
  /** Failures in a row that eject (≥ 1). */
  readonly failuresInRow: number
  /** Too many failed, or too many slow, of an endpoint's recent calls. */
  readonly rates: RateRule
  /** Far below the others: success share under their mean − this × standard deviation (> 0). */
  readonly deviations: number
  /** Fewer endpoints with enough calls than this are not compared (≥ 2). */
  readonly leastCompared: number
  /** The first ejection lasts so long, the n-th n times (> 0), less up to a quarter at random. */
  readonly baseMs: number
  readonly maxMs: number
  /** Of all endpoints at most this part is ejected, in [0, 1]; one always may be, of two or more. */
  readonly mostEjected: number
  /** A probe whose end nobody told is given up after this, in milliseconds (> 0). */
  readonly probeMs: number
}

/** Envoy's, but for slow ones (which it does not eject), fewer calls, and a cap that fits few nodes. */
export const DEFAULT_OUTLIER: OutlierOptions = {
  failuresInRow: 5,
  rates: { windowMs: 10_000, minimumCalls: 20, failureShare: 0.5, slowMs: 2_000, slowShare: 0.5 },
  deviations: 1.9,
  leastCompared: 5,
  baseMs: 30_000,
  maxMs: 300_000,
  mostEjected: 0.34,
  probeMs: 10_000,
}

export type EjectionReason =
  | 'failuresInRow'
  | 'failureRate'
  | 'slowCalls'
  | 'worseThanOthers'
  | 'probeFailed'
  | 'probeSlow'

/** What happened to an endpoint, for logs, metrics and the console. */
export type OutlierChange =
  | {
      readonly kind: 'ejected'
      readonly id: string
      readonly reason: EjectionReason
      readonly atMs: number
      readonly untilMs: number
    }
  /** It should be ejected, but too many are. */
  | { readonly kind: 'spared'; readonly id: string; readonly reason: EjectionReason; readonly atMs: number }
  | { readonly kind: 'probing'; readonly id: string; readonly atMs: number }
  | { readonly kind: 'returned'; readonly id: string; readonly atMs: number }

/**
 *      failing, slow, worse than others         time is over, asked
 *    in ──────────────────────────────▶ ejected ──────────────────▶ probing: one call
 *    ▲                                     ▲                          │     │
 *    └──── succeeded, slow start ──────────┼──────────────────────────┘     │
 *                                          └──── failed or slow: longer ────┘
 */
export type Standing =
  | { readonly name: 'in'; readonly failures: number; readonly recent: CallWindow }
  | { readonly name: 'ejected'; readonly untilMs: number; readonly reason: EjectionReason }
  | { readonly name: 'probing'; readonly untilMs: number }

/** How long the ejection lasts that is the n-th of late. */
export const ejectionMs = ({ baseMs, maxMs }: OutlierOptions, count: number, roll: number): number =>
  Math.min(maxMs, baseMs * count) * (1 - roll / 4)

/** So many may be ejected of so many. */
export const ejectionCap = ({ mostEjected }: OutlierOptions, endpoints: number): number =>
  endpoints < 2 ? 0 : Math.max(1, Math.min(endpoints - 1, Math.floor(mostEjected * endpoints)))

/**
 * Below which share of successes one is an outlier; undefined: too few to compare.
 * Source: Envoy, "Outlier detection", success rate.
 */
export function outlierBound(shares: readonly number[], options: OutlierOptions): number | undefined {
  if (shares.length < options.leastCompared) return undefined
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length
  return mean - options.deviations * Math.sqrt(variance)
}

/** @throws OptionError by name and value. */
export function checkOutlier(options: OutlierOptions): void {
  optionBetween('failuresInRow', options.failuresInRow, 1, Infinity)
  checkRateRule(options.rates)
  optionAbove('deviations', options.deviations, 0)
  optionBetween('leastCompared', options.leastCompared, 2, Infinity)
  optionAbove('baseMs', options.baseMs, 0)
  optionBetween('maxMs', options.maxMs, options.baseMs, Infinity)
  optionBetween('mostEjected', options.mostEjected, 0, 1)
  optionAbove('probeMs', options.probeMs, 0)
}
