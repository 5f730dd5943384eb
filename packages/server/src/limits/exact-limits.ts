import type { Runtime } from '@skein/core'
import type { RateLimit } from '@skein/resilience'
import type { GuardStatus } from '../observe/guards.ts'
import type { GuardedLimits } from './guarded-limits.ts'
import { KeyedLimiter } from './keyed-limiter.ts'
import {
  limitName,
  refusalOf,
  type LimitKind,
  type LimitRefusal,
  type LimitScope,
  type Limits,
} from './rate-limits.ts'
import { Refusals } from './refusals.ts'

/** Keys that are remembered of each scope while nothing counts for all nodes. */
const MAX_KEYS = 200_000
/** Those who are refused together should not come back together: up to this is added. */
export const SPREAD_MS = 1_000

export interface ExactLimitsOptions<S extends LimitScope> {
  readonly kind: LimitKind
  readonly limits: Limits<S>
  /** Counts for all nodes. Absent: each node admits its part. */
  readonly shared?: GuardedLimits | undefined
  /** Nodes that share the limits, this one included (≥ 1). */
  readonly liveNodes: () => number
  readonly runtime: Pick<Runtime, 'clock' | 'random'>
}

interface Scope<S> {
  readonly name: S
  readonly limit: RateLimit
  readonly own: KeyedLimiter
  readonly refusals: Refusals
}

/**
 * Limits of what may wait for a round trip: connects and API calls. All scopes or none, exactly as many over
 * all nodes as was promised. While nothing counts for all: global ÷ live nodes. What was admitted by the
 * shared count is charged to the own part too, so a Redis that flaps gives nobody another burst.
 */
export class ExactLimits<S extends LimitScope> {
  readonly #options: ExactLimitsOptions<S>
  readonly #scopes: readonly Scope<S>[]

  constructor(options: ExactLimitsOptions<S>) {
    this.#options = options
    const { kind, limits } = options
    this.#scopes = (Object.keys(limits) as S[]).flatMap((name) => {
      const limit = limits[name]
      if (limit === undefined) return []
      const own = new KeyedLimiter(limit, { maxKeys: MAX_KEYS })
      return [{ name, limit, own, refusals: new Refusals(limitName(kind, name), limit) }]
    })
  }

  /** Undefined: admitted. A scope without a key is not asked. */
  async take(keys: Readonly<Record<S, string | undefined>>): Promise<LimitRefusal | undefined> {
    const asked = this.#scopes.flatMap((scope) => {
      const key = keys[scope.name]
      return key === undefined ? [] : [{ scope, key }]
    })
    if (asked.length === 0) return undefined
    const verdict = await this.#options.shared?.takeAll(
      asked.map(({ scope, key }) => ({
        key: `${this.#options.kind}:${scope.name}:${key}`,
        limit: scope.limit,
        cost: 1,
      })),
    )
    const nowMs = this.#options.runtime.clock.monotonicMs()
    if (verdict === undefined) return this.#takeOwn(asked, nowMs)
    const refusing = verdict.admitted ? undefined : asked[verdict.by]
    if (!verdict.admitted && refusing !== undefined)
      return this.#refused(refusing.scope, verdict.retryAfterMs, nowMs)
    const parts = this.#options.liveNodes()
    for (const { scope, key } of asked) scope.own.charge(key, nowMs, 1, parts)
    return undefined
  }

  guards(): readonly GuardStatus[] {
    const nowMs = this.#options.runtime.clock.monotonicMs()
    return this.#scopes.map(({ refusals }) => refusals.guard(nowMs))
  }

  #takeOwn(
    asked: readonly { readonly scope: Scope<S>; readonly key: string }[],
    nowMs: number,
  ): LimitRefusal | undefined {
    const parts = this.#options.liveNodes()
    let longest = 0
    let refusing: Scope<S> | undefined
    for (const { scope, key } of asked) {
      const waitMs = scope.own.waitMs(key, nowMs, 1, parts)
      if (waitMs <= longest) continue
      longest = waitMs
      refusing = scope
    }
    if (refusing !== undefined) return this.#refused(refusing, longest, nowMs)
    for (const { scope, key } of asked) scope.own.take(key, nowMs, 1, parts)
    return undefined
  }

  #refused(scope: Scope<S>, waitMs: number, nowMs: number): LimitRefusal {
    scope.refusals.add(nowMs)
    const retryAfterMs = waitMs + SPREAD_MS * this.#options.runtime.random.next()
    return refusalOf(this.#options.kind, scope.name, scope.limit, retryAfterMs)
  }
}
