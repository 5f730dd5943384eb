import type { Clock } from '@skein/core'
import { clientAddress, trustedAddresses, type IsTrusted } from '../gateway/client-address.ts'
import { addressKey } from '../limits/client-keys.ts'
import { KeyedLimiter } from '../limits/keyed-limiter.ts'
import type { GuardStatus } from '../observe/guards.ts'

/** Generous: thousands may share one address, and an answer costs little. Whoever is beyond, hammers. */
export const DISPATCH_LIMIT = { perSecond: 50, burst: 500 } as const
/** Addresses remembered at a time: a few megabytes. */
const MAX_ADDRESSES = 20_000
/** Refused within this time: the guard acts. */
const ACTING_MS = 10_000

/** How often one client address may ask where to connect. */
export class DispatchLimit {
  readonly #limiter = new KeyedLimiter(DISPATCH_LIMIT, { maxKeys: MAX_ADDRESSES })
  readonly #isTrusted: IsTrusted
  readonly #clock: Clock
  #refusedAtMs = -Infinity

  constructor(options: { readonly trustedProxies: readonly string[]; readonly clock: Clock }) {
    this.#isTrusted = trustedAddresses(options.trustedProxies)
    this.#clock = options.clock
  }

  /** How long it has to wait; undefined when it need not. */
  refusedFor(peer: string, forwardedFor: string | string[] | undefined): number | undefined {
    const hops = Array.isArray(forwardedFor) ? forwardedFor.join(',') : forwardedFor
    const key = addressKey(clientAddress(peer, hops, this.#isTrusted), this.#isTrusted)
    if (key === undefined) return undefined
    const nowMs = this.#clock.monotonicMs()
    const taken = this.#limiter.take(key, nowMs)
    if (taken.admitted) return undefined
    this.#refusedAtMs = nowMs
    return Math.ceil(taken.retryAfterMs)
  }

  status(): GuardStatus {
    const acts = this.#clock.monotonicMs() - this.#refusedAtMs < ACTING_MS
    return {
      name: 'dispatch.addresses',
      kind: 'limit',
      state: acts ? 'acting' : 'idle',
      ...(acts && {
        reason: `an address asks where to connect more than ${DISPATCH_LIMIT.perSecond} times a second`,
      }),
      used: this.#limiter.size,
      bound: MAX_ADDRESSES,
      unit: 'addresses',
      refused: this.#limiter.refused,
    }
  }
}
