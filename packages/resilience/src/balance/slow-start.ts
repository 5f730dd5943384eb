import { optionAbove, optionBetween } from '../options.ts'
import { isPresent, type Endpoint } from './endpoint.ts'

export interface SlowStart {
  /** Until an endpoint that became ready has its whole share (> 0). */
  readonly windowMs: number
  /** The share that it begins with, in (0, 1]. */
  readonly leastShare: number
  /** Above 1: faster at the beginning; 1: linear (> 0). */
  readonly aggression: number
}

export const DEFAULT_SLOW_START: SlowStart = { windowMs: 30_000, leastShare: 0.1, aggression: 1 }

export function checkSlowStart({ windowMs, leastShare, aggression }: SlowStart): void {
  optionAbove('slowStart.windowMs', windowMs, 0)
  optionBetween('slowStart.leastShare', leastShare, 0.001, 1)
  optionAbove('slowStart.aggression', aggression, 0)
}

/**
 * Which part of its share an endpoint takes now, in (0, 1].
 * Source: Envoy, "Slow start mode": max(least, (time since ready ÷ window)^(1 ÷ aggression)).
 */
export function warmth({ readySinceMs }: Endpoint, nowMs: number, slowStart: SlowStart): number {
  if (readySinceMs === undefined) return 1
  const { windowMs, leastShare, aggression } = slowStart
  const sinceMs = Math.max(0, nowMs - readySinceMs)
  return Math.min(1, Math.max(leastShare, (sinceMs / windowMs) ** (1 / aggression)))
}

/** Weight by its warmth; 0: give it nothing. */
export const warmWeight = (endpoint: Endpoint, nowMs: number, slowStart: SlowStart): number =>
  isPresent(endpoint) ? endpoint.weight * warmth(endpoint, nowMs, slowStart) : 0
