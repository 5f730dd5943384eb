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
/**
 * Limits below these have no parts worth dividing: all of them is leased. A user is on one node as a rule,
 * which has only its part of the own half: of 50 a second on three nodes it may use 33, of 5 all 5.
 */
const LEAST_DIVIDED: RateLimit = { perSecond: 10, burst: 32 }
/** What is leased as a whole is leased for less time, so that what all nodes admit too much stays the same. */
const WHOLE_LEASE_MS = LEASE_MS * (1 - OWN_SHARE)

/** From slices of plenty so many are taken at once: then the next sends cost a comparison each. */
const HANDFUL = 16
const PLENTY = 4 * HANDFUL

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
    } else if (burst < LEAST_DIVIDED.burst || perSecond < LEAST_DIVIDED.perSecond) {
      this.#own = NOTHING
      this.shared = { limit, leaseMs: WHOLE_LEASE_MS }
    } else {
      this.#own = { perSecond: perSecond * OWN_SHARE, burst: Math.floor(burst * OWN_SHARE) }
      const rest = { perSecond: perSecond - this.#own.perSecond, burst: burst - this.#own.burst }
      this.shared = { limit: rest, leaseMs: LEASE_MS }
    }
  }

  /** After this long without a send a key is as if it had never been. */
  get idleMs(): number {
    const { perSecond, burst } = this.shared?.limit ?? this.#own
    // One node's part of a burst is rounded up.
    return Math.max(2 * LEASE_MS, ((burst + this.nodes) * 1_000) / perSecond)
  }

  shareAmong(nodes: number): void {
    this.nodes = nodes
    if (this.#own === NOTHING) return
    const { perSecond, burst } = partOf(this.#own, nodes)
    // The other half is rounded up when it is divided, too: only one of both may be.
    const atOnce = this.shared === undefined ? burst : Math.max(1, Math.floor(this.#own.burst / nodes))
    this.intervalMs = 1_000 / perSecond
    this.toleranceMs = this.intervalMs * atOnce
  }
}

export type QuotaAnswer = 'ready' | 'leased' | 'wait' | 'refused'

/** What would become of one more; nothing is spent until it is carried out. */
export interface QuotaPlan {
  readonly answer: QuotaAnswer
  readonly retryAfterMs: number
  /** State of the leased part afterwards, and how many to ask for. */
  readonly quota: Quota | undefined
  readonly ask: number
  /** What was taken from it beside the one, and until when it is good. */
  readonly spare: number
  readonly spareUntilMs: number
}

const READY: QuotaPlan = {
  answer: 'ready',
  retryAfterMs: 0,
  quota: undefined,
  ask: 0,
  spare: 0,
  spareUntilMs: 0,
}

/** One key's quota on this node: its own part, and slices of the shared one. */
export class QuotaPool {
  readonly key: string
  readonly terms: QuotaTerms
  /** GCRA's state of the own part. */
  #arrivalMs = 0
  #quota: Quota | undefined
  #spare = 0
  #spareUntilMs = 0

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

  /** Whether one more can be spent that is here already. */
  isReady(nowMs: number): boolean {
    return this.ownWaitMs(nowMs) === 0 || (this.#spare > 0 && nowMs < this.#spareUntilMs)
  }

  spendReady(nowMs: number): void {
    if (this.ownWaitMs(nowMs) > 0) this.#spare--
    else this.#arrivalMs = Math.max(this.#arrivalMs, nowMs) + this.terms.intervalMs
  }

  plan(nowMs: number): QuotaPlan {
    if (this.isReady(nowMs)) return READY
    const ownWaitMs = this.ownWaitMs(nowMs)
    const { shared, nodes } = this.terms
    if (shared === undefined) return { ...READY, answer: 'refused', retryAfterMs: ownWaitMs }
    const before = this.#quota ?? unusedQuota(nowMs, shared)
    const soonest = before.slices.find(({ untilMs }) => nowMs < untilMs)
    const cost = soonest !== undefined && soonest.left >= PLENTY ? HANDFUL : 1
    const { quota, answer, retryAfterMs, ask } = spendQuota(before, cost, { nowMs, liveNodes: nodes }, shared)
    return {
      answer: answer === 'admitted' ? 'leased' : answer,
      retryAfterMs: Math.min(ownWaitMs, retryAfterMs),
      quota,
      ask,
      spare: cost - 1,
      // Slices are spent in the order in which they were leased, so all of it is of this one.
      spareUntilMs: soonest?.untilMs ?? 0,
    }
  }

  /** Takes over what a plan made of the leased part. */
  carryOut({ answer, quota, spare, spareUntilMs }: QuotaPlan): void {
    if (quota !== undefined) this.#quota = quota
    if (answer !== 'leased') return
    this.#spare = spare
    this.#spareUntilMs = spareUntilMs
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
