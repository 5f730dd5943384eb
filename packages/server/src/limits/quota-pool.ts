import {
  partOf,
  quotaAway,
  quotaDenied,
  quotaGranted,
  spendQuota,
  unusedQuota,
  type Quota,
  type QuotaOptions,
  type RateLimit,
} from '@skein/resilience'
import type { SharedLease } from './shared-limits.ts'

/** A slice that was not spent by then is void. */
export const LEASE_MS = 1_000
/** Who got nothing does not ask for every message that there may be again: a flood must not become Redis'. */
const ASK_AGAIN_MS = 100
/**
 * This share of a limit is divided among the nodes and needs no question; only who uses it up has slices
 * leased from the other. So the many who write now and then never wait for Redis, not for one message.
 */
const OWN_SHARE = 0.5
/** A burst below this has no parts worth dividing: all of it is leased. */
const LEAST_DIVIDED_BURST = 32

const NOTHING: RateLimit = { perSecond: 1, burst: 0 }

/** What all keys of one scope have in common. Mutable: it is read for every send. */
export class QuotaTerms {
  readonly shared: QuotaOptions | undefined
  readonly #own: RateLimit
  nodes = 0
  /** Of the own part now: time for one, and time for all that may come at once. */
  intervalMs = 0
  toleranceMs = 0

  constructor(limit: RateLimit, isShared: boolean) {
    const { perSecond, burst } = limit
    if (!isShared) {
      this.#own = limit
    } else if (burst < LEAST_DIVIDED_BURST) {
      this.#own = NOTHING
      this.shared = { limit, leaseMs: LEASE_MS }
    } else {
      this.#own = { perSecond: perSecond * OWN_SHARE, burst: Math.floor(burst * OWN_SHARE) }
      const rest = { perSecond: perSecond - this.#own.perSecond, burst: burst - this.#own.burst }
      this.shared = { limit: rest, leaseMs: LEASE_MS }
    }
  }

  /** After this long without a send a key is as if it had never been. */
  get idleMs(): number {
    const { perSecond, burst } = this.shared?.limit ?? this.#own
    return Math.max(2 * LEASE_MS, (Math.max(burst, this.nodes) * 1_000) / perSecond)
  }

  shareAmong(nodes: number): void {
    this.nodes = nodes
    if (this.#own === NOTHING) return
    const part = partOf(this.#own, nodes)
    this.intervalMs = 1_000 / part.perSecond
    this.toleranceMs = this.intervalMs * part.burst
  }
}

export type QuotaAnswer = 'own' | 'leased' | 'wait' | 'refused'

/** What would become of one more; nothing is spent until it is carried out. */
export interface QuotaPlan {
  readonly answer: QuotaAnswer
  readonly retryAfterMs: number
  /** State of the leased part afterwards, and how many to ask for. */
  readonly quota: Quota | undefined
  readonly ask: number
}

/** One key's quota on this node: its own part, and slices of the shared one. */
export class QuotaPool {
  readonly key: string
  readonly terms: QuotaTerms
  /** GCRA's state of the own part. */
  #arrivalMs = 0
  #quota: Quota | undefined

  constructor(key: string, terms: QuotaTerms) {
    this.key = key
    this.terms = terms
  }

  /** How long until the own part admits one more; 0: now. */
  ownWaitMs(nowMs: number): number {
    const { intervalMs, toleranceMs } = this.terms
    const early = Math.max(this.#arrivalMs, nowMs) + intervalMs - nowMs - toleranceMs
    // What is left over of adding and taking away does not make anybody wait.
    return toleranceMs === 0 ? Infinity : early > 1e-6 ? early : 0
  }

  spendOwn(nowMs: number): void {
    this.#arrivalMs = Math.max(this.#arrivalMs, nowMs) + this.terms.intervalMs
  }

  plan(nowMs: number): QuotaPlan {
    const ownWaitMs = this.ownWaitMs(nowMs)
    if (ownWaitMs === 0) return { answer: 'own', retryAfterMs: 0, quota: undefined, ask: 0 }
    const { shared, nodes } = this.terms
    if (shared === undefined) return { answer: 'refused', retryAfterMs: ownWaitMs, quota: undefined, ask: 0 }
    const before = this.#quota ?? unusedQuota(nowMs, shared)
    const { quota, answer, retryAfterMs, ask } = spendQuota(before, 1, { nowMs, liveNodes: nodes }, shared)
    return {
      answer: answer === 'admitted' ? 'leased' : answer,
      retryAfterMs: Math.min(ownWaitMs, retryAfterMs),
      quota,
      ask,
    }
  }

  /** Takes over what a plan made of the leased part. */
  become(quota: Quota | undefined): void {
    if (quota !== undefined) this.#quota = quota
  }

  answered(lease: SharedLease, askedAtMs: number, nowMs: number): void {
    const { shared } = this.terms
    if (this.#quota === undefined || shared === undefined) return
    this.#quota =
      lease.taken > 0
        ? quotaGranted(this.#quota, lease.taken, { askedAtMs, nowMs }, shared)
        : quotaDenied(this.#quota, Math.max(lease.retryAfterMs, ASK_AGAIN_MS), nowMs)
  }

  away(retryAfterMs: number, nowMs: number): void {
    const { shared, nodes } = this.terms
    if (this.#quota === undefined || shared === undefined) return
    this.#quota = quotaAway(this.#quota, { nowMs, retryAfterMs, liveNodes: nodes }, shared)
  }
}
