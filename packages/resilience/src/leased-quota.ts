import { assert } from '@skein/core'
import { gcra, type RateLimit } from './gcra.ts'
import { optionAbove } from './options.ts'

export interface QuotaOptions {
  /** What all nodes together may. */
  readonly limit: RateLimit
  /** A slice that was not spent by then is void, in milliseconds (> 0). */
  readonly leaseMs: number
}

/**
 * A node's part of a limit that all nodes share. It leases slices from where the limit is exact (`gcraUpTo`
 * there: charged when taken) and spends them without asking: no message waits for a round trip. Over any
 * window all nodes together admit at most rate × (window + lease) + burst. What is not spent in time is
 * lost, never carried over. When the shared state is away, a node has its fair part: global ÷ live nodes.
 * Source: after Raghavan et al., "Cloud Control with Distributed Rate Limiting", 2007.
 */
export interface Quota {
  readonly slices: readonly QuotaSlice[]
  /** A slice was asked for, and the answer is not known. */
  readonly isAsking: boolean
  /** Asking before this is of no use. */
  readonly askAfterMs: number
  readonly isAway: boolean
  /** What was wanted since `sinceMs`: the next slice is for as much. */
  readonly wanted: number
  readonly sinceMs: number
  /** GCRA's state of this node's fair part. */
  readonly aloneArrivalMs: number
}

export interface QuotaSlice {
  readonly left: number
  readonly untilMs: number
}

export interface QuotaVerdict {
  readonly quota: Quota
  /** `wait`: a slice is on its way; hold it, and spend again when the answer was told. */
  readonly answer: 'admitted' | 'wait' | 'refused'
  /** When refused: not before this many milliseconds. */
  readonly retryAfterMs: number
  /** Ask for up to so many now, then tell `quotaGranted`, `quotaDenied` or `quotaAway`. 0: do not ask. */
  readonly ask: number
}

/** The next slice is asked for when less than this part of what a lease needs is left. */
const LOW = 0.5
/** What ends within this part of a lease does not count as left: the next slice must be here before. */
const SOON = 0.25
/** What was wanted in a short time counts as if it were at least this part of a lease. */
const LEAST_MEASURE = 0.25

/** @throws OptionError by name and value. */
export function unusedQuota(nowMs: number, { leaseMs }: QuotaOptions): Quota {
  optionAbove('leaseMs', leaseMs, 0)
  return {
    slices: [],
    isAsking: false,
    askAfterMs: nowMs,
    isAway: false,
    wanted: 0,
    sinceMs: nowMs,
    aloneArrivalMs: 0,
  }
}

/** `cost` (≤ burst) is wanted now. */
export function spendQuota(
  before: Quota,
  cost: number,
  { nowMs, liveNodes }: { readonly nowMs: number; readonly liveNodes: number },
  options: QuotaOptions,
): QuotaVerdict {
  assert(cost > 0 && cost <= options.limit.burst, `cost must be in (0, ${options.limit.burst}], got ${cost}`)
  const slices = before.slices.filter(({ left, untilMs }) => left > 0 && nowMs < untilMs)
  const isPaid = lasting(slices, nowMs) >= cost
  const wanted = before.wanted + cost
  const need = sliceSize(wanted, nowMs - before.sinceMs, options)
  // A single one that is leased ahead is void before who sends so seldom comes again.
  const isAhead = need > 1 && lasting(slices, nowMs + options.leaseMs * SOON) - cost < need * LOW
  const low = !isPaid || isAhead
  const asks = low && !before.isAsking && nowMs >= before.askAfterMs
  const quota = {
    ...before,
    wanted,
    slices: isPaid ? taken(slices, cost) : slices,
    isAsking: before.isAsking || asks,
  }
  const ask = asks ? Math.max(cost, need) : 0
  if (isPaid) return { quota, answer: 'admitted', retryAfterMs: 0, ask }
  if (before.isAway) return { ...spendAlone(quota, cost, nowMs, partOf(options.limit, liveNodes)), ask }
  if (quota.isAsking) return { quota, answer: 'wait', retryAfterMs: 0, ask }
  return { quota, answer: 'refused', retryAfterMs: before.askAfterMs - nowMs, ask }
}

/** So many were charged. The lease runs from when it was asked for, not from the answer. */
export const quotaGranted = (
  quota: Quota,
  size: number,
  { askedAtMs, nowMs }: { readonly askedAtMs: number; readonly nowMs: number },
  { leaseMs }: QuotaOptions,
): Quota => ({
  ...answered(quota, nowMs),
  slices: [...quota.slices, { left: size, untilMs: askedAtMs + leaseMs }],
})

/** The limit is used up; there is something again after `retryAfterMs`. */
export const quotaDenied = (quota: Quota, retryAfterMs: number, nowMs: number): Quota => ({
  ...answered(quota, nowMs),
  askAfterMs: nowMs + retryAfterMs,
})

/**
 * The shared state cannot be reached; it is asked again after `retryAfterMs`. What was leased is spent, then
 * the node's own part. That begins without a burst: each time that it flaps would give another.
 */
export function quotaAway(
  quota: Quota,
  {
    nowMs,
    retryAfterMs,
    liveNodes,
  }: { readonly nowMs: number; readonly retryAfterMs: number; readonly liveNodes: number },
  { limit }: QuotaOptions,
): Quota {
  const away = { ...quota, isAway: true, isAsking: false, askAfterMs: nowMs + retryAfterMs }
  if (quota.isAway) return away
  const { perSecond, burst } = partOf(limit, liveNodes)
  const withoutBurstMs = nowMs + (burst * 1_000) / perSecond
  return { ...away, aloneArrivalMs: Math.max(quota.aloneArrivalMs, withoutBurstMs) }
}

/**
 * One node's fair part of a limit: exactly its part of the rate, and of the burst rounded up, or little would
 * be left of a small one. So all nodes together admit less than one more for each node.
 */
export function partOf({ perSecond, burst }: RateLimit, liveNodes: number): RateLimit {
  const nodes = Math.max(1, liveNodes)
  return { perSecond: perSecond / nodes, burst: Math.ceil(burst / nodes) }
}

const answered = (quota: Quota, nowMs: number): Quota => ({
  ...quota,
  isAsking: false,
  isAway: false,
  askAfterMs: nowMs,
  wanted: 0,
  sinceMs: nowMs,
})

function spendAlone(quota: Quota, cost: number, nowMs: number, part: RateLimit): Omit<QuotaVerdict, 'ask'> {
  // One that costs more than the part's burst waits for all of it, and the rest is owed.
  const atOnce = Math.min(cost, part.burst)
  const verdict = gcra(part, quota.aloneArrivalMs, nowMs, atOnce)
  const owedMs = verdict.admitted ? ((cost - atOnce) * 1_000) / part.perSecond : 0
  const spent = { ...quota, aloneArrivalMs: verdict.theoreticalArrivalMs + owedMs }
  return verdict.admitted
    ? { quota: spent, answer: 'admitted', retryAfterMs: 0 }
    : { quota: spent, answer: 'refused', retryAfterMs: verdict.retryAfterMs }
}

const lasting = (slices: readonly QuotaSlice[], untilMs: number): number =>
  slices.reduce((sum, slice) => sum + (slice.untilMs > untilMs ? slice.left : 0), 0)

/** Of those that end first. */
function taken(slices: readonly QuotaSlice[], cost: number): QuotaSlice[] {
  let rest = cost
  return slices.map(({ left, untilMs }) => {
    const used = Math.min(left, rest)
    rest -= used
    return { left: left - used, untilMs }
  })
}

/** For one lease, by what was wanted of late; at most what a lease's time is worth, or the burst. */
function sliceSize(wanted: number, sinceMs: number, { limit, leaseMs }: QuotaOptions): number {
  const perLease = (wanted * leaseMs) / Math.max(sinceMs, leaseMs * LEAST_MEASURE)
  const worth = Math.max(1, Math.min(limit.burst, (limit.perSecond * leaseMs) / 1_000))
  return Math.ceil(Math.min(worth, perLease))
}
