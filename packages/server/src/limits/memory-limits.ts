import { SkeinError, type Runtime } from '@skein/core'
import { gcraAll, gcraUpTo } from '@skein/resilience'
import type { SharedLease, SharedLimits, SharedTake, SharedVerdict } from './shared-limits.ts'

/** Shared limits in memory, for nodes of one process: tests and simulators, which take it away at will. */
export class MemoryLimits implements SharedLimits {
  readonly #runtime: Pick<Runtime, 'clock' | 'timers'>
  readonly #arrivals = new Map<string, number>()
  /** Nobody is answered; whoever asks is told so. */
  isAway = false
  /** How long an answer takes. What was asked for is charged at once. */
  answerMs = 0
  questions = 0

  constructor(runtime: Pick<Runtime, 'clock' | 'timers'>) {
    this.#runtime = runtime
  }

  takeAll(takes: readonly SharedTake[]): Promise<SharedVerdict> {
    return this.#answer((nowMs) => {
      const scoped = takes.map(({ key, limit }) => ({
        scope: key,
        limit,
        theoreticalArrivalMs: this.#arrivals.get(key) ?? 0,
      }))
      const verdict = gcraAll(scoped, nowMs, takes[0]?.cost)
      if (!verdict.admitted) {
        const by = takes.findIndex(({ key }) => key === verdict.scope)
        return { admitted: false, by, retryAfterMs: Math.ceil(verdict.retryAfterMs) }
      }
      for (const [index, { key }] of takes.entries())
        this.#arrivals.set(key, verdict.theoreticalArrivalsMs[index] ?? 0)
      return { admitted: true }
    })
  }

  takeUpTo(takes: readonly SharedTake[]): Promise<readonly SharedLease[]> {
    return this.#answer((nowMs) =>
      takes.map(({ key, limit, cost }) => {
        const lease = gcraUpTo(limit, this.#arrivals.get(key) ?? 0, nowMs, cost)
        this.#arrivals.set(key, lease.theoreticalArrivalMs)
        return { taken: lease.taken, retryAfterMs: Math.ceil(lease.retryAfterMs) }
      }),
    )
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #answer<T>(decide: (nowMs: number) => T): Promise<T> {
    this.questions++
    if (this.isAway) return Promise.reject(new SkeinError('unavailable', 'the shared limits are away'))
    const answer = decide(this.#runtime.clock.monotonicMs())
    if (this.answerMs === 0) return Promise.resolve(answer)
    return new Promise((resolve) => {
      this.#runtime.timers.after(this.answerMs, () => resolve(answer))
    })
  }
}
