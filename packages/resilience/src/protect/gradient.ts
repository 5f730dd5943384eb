import { optionBetween } from '../options.ts'

export interface GradientOptions {
  readonly initial: number
  /** Never fewer at once (≥ 1). */
  readonly least: number
  /** Never more at once (≥ `least`). */
  readonly most: number
  /** Round trips may grow to this multiple of the usual before the limit falls (≥ 1). */
  readonly tolerance: number
  /** Allowed to wait beside those that are served, so that the limit can grow (≥ 0). */
  readonly queue: number
  /** How far one step goes toward the new limit, in (0, 1]. */
  readonly smoothing: number
  /** Samples over which the usual round trip is averaged (≥ 1). */
  readonly longSamples: number
}

/** Netflix's, with fewer at most: a database has few cores. */
export const DEFAULT_GRADIENT: GradientOptions = {
  initial: 20,
  least: 4,
  most: 200,
  tolerance: 1.5,
  queue: 4,
  smoothing: 0.2,
  longSamples: 600,
}

export interface GradientState {
  /** How many may be under way at once; not whole. */
  readonly limit: number
  /** The usual round trip; undefined before the first sample. */
  readonly longRttMs: number | undefined
}

export interface GradientSample {
  /** The mean round trip of the last while, in milliseconds (> 0). */
  readonly rttMs: number
  /** The most that were under way meanwhile. */
  readonly inFlight: number
  /** Something was given up (timed out, refused for load). */
  readonly dropped: boolean
}

/** A drop is sure; a longer round trip only a sign. */
const DROP_FACTOR = 0.9
/** Never falls by more than half at once. */
const LEAST_GRADIENT = 0.5

export const gradientStart = ({ initial }: GradientOptions): GradientState => ({
  limit: initial,
  longRttMs: undefined,
})

/**
 * The limit follows how the round trip compares with the usual one: longer means that a queue has grown.
 * Source: Netflix concurrency-limits, `Gradient2Limit` (after TCP Vegas: Brakmo, Peterson, 1995).
 * When the limit is not used it says nothing and stays. A drop lowers it at once (as `AIMDLimit`).
 */
export function gradientStep(
  { limit, longRttMs }: GradientState,
  { rttMs, inFlight, dropped }: GradientSample,
  options: GradientOptions,
): GradientState {
  const { tolerance, queue, smoothing, longSamples } = options
  const clamp = (value: number): number => Math.min(options.most, Math.max(options.least, value))
  if (dropped) return { limit: clamp(limit * DROP_FACTOR), longRttMs }

  const average = longRttMs === undefined ? rttMs : longRttMs + (rttMs - longRttMs) * (2 / (longSamples + 1))
  // After a long overload the usual has grown; when it is over, it is unlearned faster than by averaging.
  const usual = average / rttMs > 2 ? average * 0.95 : average
  if (inFlight < limit / 2) return { limit, longRttMs: usual }

  const gradient = Math.max(LEAST_GRADIENT, Math.min(1, (tolerance * usual) / rttMs))
  const target = limit * gradient + queue
  return { limit: clamp(limit + (target - limit) * smoothing), longRttMs: usual }
}

/** @throws OptionError by name and value. */
export function checkGradient(options: GradientOptions): void {
  optionBetween('least', options.least, 1, Infinity)
  optionBetween('most', options.most, options.least, Infinity)
  optionBetween('initial', options.initial, options.least, options.most)
  optionBetween('tolerance', options.tolerance, 1, Infinity)
  optionBetween('queue', options.queue, 0, Infinity)
  optionBetween('smoothing', options.smoothing, Number.MIN_VALUE, 1)
  optionBetween('longSamples', options.longSamples, 1, Infinity)
}
