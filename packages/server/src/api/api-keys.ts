import { createHash, timingSafeEqual } from 'node:crypto'
import { gcra, type RateLimit } from '@skein/resilience'
import type { Clock } from '@skein/core'
import type { ApiKey } from './deps.ts'
import { ApiProblem } from './problem.ts'

const digest = (key: string): Buffer => createHash('sha256').update(key).digest()

interface KnownKey {
  readonly app: string
  readonly digest: Buffer
  /** State of the key's rate limit. */
  theoreticalArrivalMs: number
}

/** Who calls, by its key, and whether it calls too often. */
export class ApiKeys {
  readonly #keys: readonly KnownKey[]
  readonly #rateLimit: RateLimit
  readonly #clock: Clock

  constructor(keys: readonly ApiKey[], rateLimit: RateLimit, clock: Clock) {
    this.#keys = keys.map(({ app, key }) => ({ app, digest: digest(key), theoreticalArrivalMs: 0 }))
    this.#rateLimit = rateLimit
    this.#clock = clock
  }

  /** The app that the header's key belongs to. Throws ApiProblem `unauthenticated` or `tooFast`. */
  admit(authorization: string | undefined): string {
    const known = this.#find(authorization)
    const verdict = gcra(this.#rateLimit, known.theoreticalArrivalMs, this.#clock.monotonicMs())
    known.theoreticalArrivalMs = verdict.theoreticalArrivalMs
    if (verdict.admitted) return known.app
    throw new ApiProblem('tooFast', `This key may make ${this.#rateLimit.perSecond} requests per second.`, {
      retryAfterMs: Math.ceil(verdict.retryAfterMs),
    })
  }

  #find(authorization: string | undefined): KnownKey {
    const [, key] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? []
    if (key === undefined)
      throw new ApiProblem('unauthenticated', 'Send the header "Authorization: Bearer <API key>".')
    const candidate = digest(key)
    // Every key is compared, in constant time: the time taken tells nothing about any of them.
    let found: KnownKey | undefined
    for (const known of this.#keys) if (timingSafeEqual(known.digest, candidate)) found = known
    if (found === undefined) {
      throw new ApiProblem(
        'unauthenticated',
        this.#keys.length === 0
          ? 'This server has no API keys: configure one per app.'
          : 'This API key is not known.',
      )
    }
    return found
  }
}
