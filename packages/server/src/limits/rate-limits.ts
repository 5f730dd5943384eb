import { checkNestedLimits, type RateLimit } from '@skein/resilience'

export type ConnectScope = 'ip' | 'device' | 'user' | 'app' | 'cluster'
export type CallScope = 'ip' | 'app' | 'cluster'
export type MessageScope = 'device' | 'user' | 'app' | 'cluster'
export type LimitScope = ConnectScope | CallScope | MessageScope
export type LimitKind = 'connects' | 'calls' | 'messages'

/** Undefined: there is no limit. */
export type Limits<S extends string> = Readonly<Record<S, RateLimit | undefined>>

/** What all nodes of a cluster together admit. */
export interface RateLimits {
  readonly connects: Limits<ConnectScope>
  readonly calls: Limits<CallScope>
  readonly messages: Limits<MessageScope>
}

/**
 * High enough that no ordinary use meets them, also on a node that has only its part: an address may be a
 * whole office whose node has died, a device may have written on a train for an hour.
 */
export const DEFAULT_RATE_LIMITS: RateLimits = {
  connects: {
    ip: { perSecond: 200, burst: 5_000 },
    device: { perSecond: 5, burst: 100 },
    user: { perSecond: 10, burst: 300 },
    app: { perSecond: 20_000, burst: 50_000 },
    cluster: { perSecond: 20_000, burst: 50_000 },
  },
  calls: {
    ip: { perSecond: 1_000, burst: 5_000 },
    app: { perSecond: 2_000, burst: 10_000 },
    cluster: { perSecond: 5_000, burst: 20_000 },
  },
  messages: {
    device: { perSecond: 50, burst: 500 },
    user: { perSecond: 100, burst: 1_000 },
    app: { perSecond: 50_000, burst: 100_000 },
    cluster: { perSecond: 50_000, burst: 100_000 },
  },
}

/** From the innermost to the outermost. An address belongs to no app: many users come from it. */
const NESTED: { readonly [K in LimitKind]: readonly (readonly (keyof RateLimits[K])[])[] } = {
  connects: [
    ['device', 'user', 'app', 'cluster'],
    ['ip', 'cluster'],
  ],
  calls: [
    ['app', 'cluster'],
    ['ip', 'cluster'],
  ],
  messages: [['device', 'user', 'app', 'cluster']],
}

/** `messagesPerUser`: the name of the option too. */
export const limitName = (kind: LimitKind, scope: string): string =>
  `${kind}Per${scope.charAt(0).toUpperCase()}${scope.slice(1)}`

/** @throws OptionError for limits that contradict each other, with both names and values. */
export function checkRateLimits(limits: RateLimits): void {
  for (const kind of ['connects', 'calls', 'messages'] as const) {
    const of: Partial<Record<string, RateLimit | undefined>> = limits[kind]
    for (const chain of NESTED[kind]) {
      checkNestedLimits(
        chain.flatMap((scope) => {
          const limit = of[scope]
          return limit === undefined ? [] : [{ scope: limitName(kind, scope), limit }]
        }),
      )
    }
  }
}

/** Who ran into a limit, and when to come back. */
export interface LimitRefusal {
  readonly code: 'tooFast' | 'overloaded'
  readonly message: string
  readonly retryAfterMs: number
}

/** Who is alone in a scope was too fast; an app or a cluster is full, which is nobody's fault in particular. */
export function refusalOf(
  kind: LimitKind,
  scope: LimitScope,
  { perSecond, burst }: RateLimit,
  retryAfterMs: number,
): LimitRefusal {
  const isShared = scope === 'app' || scope === 'cluster'
  return {
    code: isShared ? 'overloaded' : 'tooFast',
    message: `too many ${kind} per ${scope}: at most ${perSecond} a second, ${burst} at once`,
    retryAfterMs: Math.ceil(retryAfterMs),
  }
}
