import type { Runtime } from '@skein/core'
import type { RateLimit } from '@skein/resilience'
import type { GuardStatus } from '../observe/guards.ts'
import { deviceKey, userKey } from './client-keys.ts'
import type { GuardedLimits } from './guarded-limits.ts'
import { LeaseDesk } from './lease-desk.ts'
import { MessageSender } from './message-sender.ts'
import { PoolTable } from './pool-table.ts'
import { QuotaTerms, type QuotaPool } from './quota-pool.ts'
import { limitName, refusalOf, type LimitRefusal, type Limits, type MessageScope } from './rate-limits.ts'
import { Refusals } from './refusals.ts'

/** How often it is looked at how many nodes share the limits: not for every send. */
const NODES_MS = 1_000
/**
 * Who is refused comes back when this much time's worth of quota is there again, not for one message: an
 * outbox sends all that it has, and every one too many would be refused again.
 */
const COME_BACK_MS = 1_000

/** `wait`: a slice is on its way; hold it. */
export type SendVerdict = 'admitted' | 'wait' | LimitRefusal

export interface MessageLimitsOptions {
  readonly limits: Limits<MessageScope>
  readonly shared?: GuardedLimits | undefined
  readonly liveNodes: () => number
  readonly runtime: Runtime
}

interface Scope {
  readonly name: MessageScope
  readonly limit: RateLimit
  readonly terms: QuotaTerms
  readonly refusals: Refusals
}

/** Outermost first: these are asked for most, and so never forgotten for the many. */
const SCOPES: readonly MessageScope[] = ['cluster', 'app', 'user', 'device']

/** Limits of what must not wait: a send is admitted from quota that the node has already. */
export class MessageLimits {
  readonly #options: MessageLimitsOptions
  readonly #scopes: readonly Scope[]
  readonly #table = new PoolTable()
  readonly #desk: LeaseDesk | undefined
  readonly #waiting = new Set<MessageSender>()
  #nodes = 0
  #lookAtMs = -Infinity
  #ageAtMs = -Infinity

  constructor(options: MessageLimitsOptions) {
    this.#options = options
    const { limits, shared, runtime } = options
    this.#scopes = SCOPES.flatMap((name) => {
      const limit = limits[name]
      if (limit === undefined) return []
      const terms = new QuotaTerms(limit, shared !== undefined)
      return [{ name, limit, terms, refusals: new Refusals(limitName('messages', name), limit) }]
    })
    if (shared !== undefined)
      this.#desk = new LeaseDesk({ shared, runtime, onAnswered: (nowMs) => this.#answered(nowMs) })
  }

  /** @param instance of the client; without one it is limited as a user only */
  sender(app: string, user: string, instance: string | undefined): MessageSender {
    const keys: Record<MessageScope, string | undefined> = {
      cluster: '',
      app,
      user: userKey(app, user),
      device: instance === undefined ? undefined : deviceKey(app, user, instance),
    }
    return new MessageSender(
      this,
      this.#scopes.map(({ name }) =>
        keys[name] === undefined ? undefined : `messages:${name}:${keys[name]}`,
      ),
    )
  }

  /** For the sender alone. */
  decide(sender: MessageSender, nowMs: number): SendVerdict {
    if (nowMs >= this.#lookAtMs) this.#look(nowMs)
    if (sender.era !== this.#table.era) this.#find(sender)
    const { pools } = sender
    for (const pool of pools) if (!pool.isReady(nowMs)) return this.#decideSlowly(pools, nowMs)
    for (const pool of pools) pool.spendReady(nowMs)
    return 'admitted'
  }

  /** Look again at the sender whenever a slice has come. */
  wakeLater(sender: MessageSender): void {
    this.#waiting.add(sender)
  }

  /** A refusal because quota could not be had in time. */
  tooLate(): LimitRefusal {
    const message = 'the quota for this message did not come in time; send it again'
    return { code: 'overloaded', message, retryAfterMs: Math.ceil(this.#comeBackMs(0)) }
  }

  guards(): readonly GuardStatus[] {
    const nowMs = this.#options.runtime.clock.monotonicMs()
    let held = 0
    for (const sender of this.#waiting) held += sender.held
    return [
      ...this.#scopes.map(({ refusals }) => refusals.guard(nowMs)),
      { name: 'limits.heldSends', kind: 'queue', state: 'idle', used: held, unit: 'sends', refused: 0 },
    ]
  }

  /** All scopes or none, as far as nodes can know: what one refuses uses up nothing of another. */
  #decideSlowly(pools: readonly QuotaPool[], nowMs: number): SendVerdict {
    const plans = pools.map((pool) => ({ pool, plan: pool.plan(nowMs) }))
    const refused = plans.filter(({ plan }) => plan.answer === 'refused')
    const waits = refused.length > 0 ? refused : plans.filter(({ plan }) => plan.answer === 'wait')
    for (const { pool, plan } of waits.length > 0 ? waits : plans) {
      if (plan.answer === 'ready') pool.spendReady(nowMs)
      else pool.carryOut(plan)
      if (plan.ask > 0) this.#desk?.ask(pool, plan.ask)
    }
    const worst = refused.toSorted((a, b) => b.plan.retryAfterMs - a.plan.retryAfterMs)[0]
    if (worst !== undefined) return this.#refusal(worst.pool, worst.plan.retryAfterMs, nowMs)
    return waits.length > 0 ? 'wait' : 'admitted'
  }

  #refusal({ terms }: QuotaPool, waitMs: number, nowMs: number): SendVerdict {
    const scope = this.#scopes.find((candidate) => candidate.terms === terms)
    if (scope === undefined) return 'admitted'
    scope.refusals.add(nowMs)
    return refusalOf('messages', scope.name, scope.limit, this.#comeBackMs(waitMs))
  }

  #comeBackMs(waitMs: number): number {
    return Math.max(waitMs, COME_BACK_MS) * (1 + this.#options.runtime.random.next() / 2)
  }

  #find(sender: MessageSender): void {
    // Finding may begin another era; then it is asked for once more with the next send.
    sender.era = this.#table.era
    sender.pools = this.#scopes.flatMap(({ terms }, index) => {
      const key = sender.keys[index]
      return key === undefined ? [] : [this.#table.get(key, terms)]
    })
  }

  #look(nowMs: number): void {
    this.#lookAtMs = nowMs + NODES_MS
    const nodes = Math.max(1, this.#options.liveNodes())
    if (nodes !== this.#nodes) for (const { terms } of this.#scopes) terms.shareAmong(nodes)
    this.#nodes = nodes
    if (nowMs < this.#ageAtMs) return
    this.#table.age()
    this.#ageAtMs = nowMs + Math.max(NODES_MS, ...this.#scopes.map(({ terms }) => terms.idleMs))
  }

  #answered(nowMs: number): void {
    for (const sender of [...this.#waiting]) if (sender.wake(nowMs)) this.#waiting.delete(sender)
  }
}
