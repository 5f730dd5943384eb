import type { Runtime } from '@skein/core'
import { CircuitBreaker, type BreakerCall, type BreakerChange, type BreakerState } from '@skein/resilience'

export interface CommitBreakerOptions {
  readonly runtime: Pick<Runtime, 'clock' | 'random'>
  readonly onChange: (change: BreakerChange) => void
}

/** One batch under way. */
export interface CommitAttempt {
  succeeded(): void
  failed(): void
}

/** Batches in a row, of all lanes, whose failure opens it. */
const FAILURES = 5
/** How long it is open at first and at most: one batch finds out for everybody, so it may look often. */
const OPEN = { baseMs: 200, maxMs: 1_000 }
/** A probe that says nothing is given up after this; the lanes' own deadlines are longer. */
const PROBE_MS = 3_000
/** When nothing that is under way has been answered for this long, the database hangs. */
export const COMMIT_HUNG_MS = 3_000
/** Answers, but too late or too often in vain. A slow commit is one that comes near the statement's timeout. */
const RATES = { windowMs: 10_000, minimumCalls: 20, failureShare: 0.5, slowMs: 4_000, slowShare: 0.5 }

/**
 * The breaker around commits, one for all lanes of a node. While it is open no batch begins but the probe;
 * what waits in the lanes keeps its place and its deadline.
 */
export class CommitBreaker {
  readonly #options: CommitBreakerOptions
  readonly #breaker: CircuitBreaker
  readonly #underWay = new Set<{ readonly beganAtMs: number }>()

  constructor(options: CommitBreakerOptions) {
    this.#options = options
    const breakerOptions = { ...OPEN, failures: FAILURES, probeMs: PROBE_MS, rates: RATES }
    this.#breaker = new CircuitBreaker(breakerOptions, options.runtime.random, options.onChange)
  }

  get state(): BreakerState {
    return this.#breaker.state
  }

  /** How long until a batch may begin; 0: now. */
  get retryAfterMs(): number {
    return this.#breaker.retryAfterMs(this.#nowMs())
  }

  /** Undefined: it is open, no batch may begin. */
  begin(): CommitAttempt | undefined {
    const nowMs = this.#nowMs()
    const call = this.#breaker.begin(nowMs)
    if (call === undefined) return undefined
    const attempt = { beganAtMs: nowMs }
    this.#underWay.add(attempt)
    const end = (tell: (call: BreakerCall) => void): void => {
      this.#underWay.delete(attempt)
      tell(call)
    }
    return {
      succeeded: () => end((ended) => ended.succeeded(this.#nowMs())),
      failed: () => end((ended) => ended.failed(this.#nowMs())),
    }
  }

  /** A database that hangs fails nothing: to be asked now and then, so that it is noticed all the same. */
  look(): void {
    const nowMs = this.#nowMs()
    if (this.#underWay.size === 0 || this.#breaker.retryAfterMs(nowMs) > 0) return
    for (const { beganAtMs } of this.#underWay) if (nowMs - beganAtMs < COMMIT_HUNG_MS) return
    for (let failures = 0; failures < FAILURES; failures++) this.#breaker.begin(nowMs)?.failed(nowMs)
  }

  #nowMs(): number {
    return this.#options.runtime.clock.monotonicMs()
  }
}
