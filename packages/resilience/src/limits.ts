import { gcra, type GcraVerdict, type RateLimit } from './gcra.ts'
import { OptionError } from './options.ts'

/** A limit by what it is for, with the state that its last verdict left. */
export interface ScopedLimit {
  /** `user`, `device`, `ip`, `app`, `cluster`… */
  readonly scope: string
  readonly limit: RateLimit
  readonly theoreticalArrivalMs: number
}

export type LimitsVerdict =
  /** The new states, in the order of the limits. */
  | { readonly admitted: true; readonly theoreticalArrivalsMs: readonly number[] }
  /** None of the states changes: what one limit refuses does not use up another. */
  | { readonly admitted: false; readonly scope: string; readonly retryAfterMs: number }

/** All of several limits, or none. The refusal is that of the limit which takes longest. */
export function gcraAll(limits: readonly ScopedLimit[], nowMs: number, cost = 1): LimitsVerdict {
  const theoreticalArrivalsMs: number[] = []
  let refusal: { readonly scope: string; readonly retryAfterMs: number } | undefined
  for (const { scope, limit, theoreticalArrivalMs } of limits) {
    const verdict: GcraVerdict = gcra(limit, theoreticalArrivalMs, nowMs, cost)
    theoreticalArrivalsMs.push(verdict.theoreticalArrivalMs)
    if (verdict.admitted || verdict.retryAfterMs <= (refusal?.retryAfterMs ?? 0)) continue
    refusal = { scope, retryAfterMs: verdict.retryAfterMs }
  }
  return refusal === undefined ? { admitted: true, theoreticalArrivalsMs } : { admitted: false, ...refusal }
}

/**
 * Refuses limits that contradict each other: an inner one that promises more than one around it allows.
 * @param nested from the innermost (`user`) to the outermost (`cluster`)
 * @throws OptionError with both scopes and values
 */
export function checkNestedLimits(nested: readonly Omit<ScopedLimit, 'theoreticalArrivalMs'>[]): void {
  for (const [index, outer] of nested.entries()) {
    checkLimit(outer.scope, outer.limit)
    for (const inner of nested.slice(0, index)) {
      for (const part of ['perSecond', 'burst'] as const) {
        if (inner.limit[part] <= outer.limit[part]) continue
        throw new OptionError(
          `${part} of ${inner.scope} (${inner.limit[part]}) must not be above that of ${outer.scope} ` +
            `(${outer.limit[part]}), which holds it`,
        )
      }
    }
  }
}

function checkLimit(scope: string, { perSecond, burst }: RateLimit): void {
  if (!(perSecond > 0)) throw new OptionError(`perSecond of ${scope} must be above 0, got ${perSecond}`)
  if (!(burst >= 1)) throw new OptionError(`burst of ${scope} must be at least 1, got ${burst}`)
}
