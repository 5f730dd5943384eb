import type { Runtime } from '@skein/core'
import { parseRedisAddress } from '../bus/redis/redis-address.ts'
import { openRedisCommands } from '../cluster/registry/redis-commands.ts'
import { clientAddress, trustedAddresses, type IsTrusted } from '../gateway/client-address.ts'
import type { GuardStatus } from '../observe/guards.ts'
import type { Logger } from '../observe/logger.ts'
import { addressKey, deviceKey, userKey } from './client-keys.ts'
import { ExactLimits, SPREAD_MS } from './exact-limits.ts'
import { ANSWER_MS, GuardedLimits } from './guarded-limits.ts'
import { KeyedLimiter } from './keyed-limiter.ts'
import { MessageLimits } from './message-limits.ts'
import type { MessageSender } from './message-sender.ts'
import {
  limitName,
  refusalOf,
  type CallScope,
  type ConnectScope,
  type LimitRefusal,
  type RateLimits,
} from './rate-limits.ts'
import { RedisLimits } from './redis-limits.ts'
import { Refusals } from './refusals.ts'
import type { SharedLimits } from './shared-limits.ts'

/** Addresses that are remembered at the door. */
const MAX_ADDRESSES = 100_000

export interface RateLimiterOptions {
  readonly limits: RateLimits
  /** Counts for all nodes; the limiter closes it. Absent: each node admits its part. */
  readonly shared?: SharedLimits
  /** Nodes that share the limits, this one included. */
  readonly liveNodes: () => number
  /** Addresses or ranges that no limit per address is for: many clients come from them. */
  readonly trustedProxies?: readonly string[]
  readonly runtime: Runtime
  readonly logger: Logger
}

export interface Arriving {
  readonly address: string
  readonly app: string
  readonly user: string
  readonly instance: string | undefined
}

export interface Calling {
  /** Who is at the other end of the connection; a proxy, perhaps, that names its client. */
  readonly peer: string
  readonly forwardedFor: string | undefined
  readonly app: string
}

/** All rate limits of a node. What they promise is for the cluster as a whole. */
export class RateLimiter {
  readonly #options: RateLimiterOptions
  readonly #isTrusted: IsTrusted
  readonly #shared: GuardedLimits | undefined
  readonly #door: { readonly limiter: KeyedLimiter; readonly refusals: Refusals } | undefined
  readonly #connects: ExactLimits<ConnectScope>
  readonly #calls: ExactLimits<CallScope>
  readonly #messages: MessageLimits

  constructor(options: RateLimiterOptions) {
    this.#options = options
    const { limits, liveNodes, runtime, logger, trustedProxies = [] } = options
    this.#isTrusted = trustedAddresses(trustedProxies)
    const shared = options.shared && new GuardedLimits({ shared: options.shared, runtime, logger })
    this.#shared = shared
    const { ip } = limits.connects
    this.#door = ip && {
      limiter: new KeyedLimiter(ip, { maxKeys: MAX_ADDRESSES }),
      refusals: new Refusals(`${limitName('connects', 'ip')}.door`, ip),
    }
    const common = { shared, liveNodes, runtime }
    this.#connects = new ExactLimits({ ...common, kind: 'connects', limits: limits.connects })
    this.#calls = new ExactLimits({ ...common, kind: 'calls', limits: limits.calls })
    this.#messages = new MessageLimits({ ...common, limits: limits.messages })
  }

  /** Before anybody knows who it is, and without asking anybody: who floods this node gets no token checked. */
  knock(address: string): LimitRefusal | undefined {
    const key = addressKey(address, this.#isTrusted)
    const { ip } = this.#options.limits.connects
    if (key === undefined || ip === undefined || this.#door === undefined) return undefined
    const { clock, random } = this.#options.runtime
    const nowMs = clock.monotonicMs()
    const taken = this.#door.limiter.take(key, nowMs)
    if (taken.admitted) return undefined
    this.#door.refusals.add(nowMs)
    // A moment until there is room for one is no time for all who were turned away with it.
    return refusalOf('connects', 'ip', ip, taken.retryAfterMs + SPREAD_MS * random.next())
  }

  /** For a client whose token is good. Undefined: it may enter. */
  connect({ address, app, user, instance }: Arriving): Promise<LimitRefusal | undefined> {
    return this.#connects.take({
      ip: addressKey(address, this.#isTrusted),
      device: instance === undefined ? undefined : deviceKey(app, user, instance),
      user: userKey(app, user),
      app,
      cluster: '',
    })
  }

  /** For a call of the API whose key is good. Undefined: it may be answered. */
  call({ peer, forwardedFor, app }: Calling): Promise<LimitRefusal | undefined> {
    const address = clientAddress(peer, forwardedFor, this.#isTrusted)
    return this.#calls.take({ ip: addressKey(address, this.#isTrusted), app, cluster: '' })
  }

  /** What one session sends is limited by this. */
  sender({ app, user, instance }: Omit<Arriving, 'address'>): MessageSender {
    return this.#messages.sender(app, user, instance)
  }

  guards(): readonly GuardStatus[] {
    const nowMs = this.#options.runtime.clock.monotonicMs()
    return [
      ...(this.#shared?.guards() ?? []),
      ...(this.#door === undefined ? [] : [this.#door.refusals.guard(nowMs)]),
      ...this.#connects.guards(),
      ...this.#calls.guards(),
      ...this.#messages.guards(),
    ]
  }

  async close(): Promise<void> {
    await this.#shared?.close()
  }
}

/** Limits on Redis, by a connection of their own that is opened when it is needed. */
export function openRedisLimits(
  url: string,
  { timers }: Pick<Runtime, 'timers'>,
  prefix?: string,
): RedisLimits {
  const address = parseRedisAddress(url)
  const commands = openRedisCommands({ address, timers, name: 'skein-limits', answerMs: ANSWER_MS })
  return new RedisLimits({ commands, ...(prefix !== undefined && { prefix }) })
}
