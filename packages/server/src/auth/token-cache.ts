import { createHash } from 'node:crypto'
import type { Identity } from './authenticator.ts'

/**
 * Tokens that were verified, least recently used out first, so that a storm of reconnects does not
 * verify the same signatures again. Keyed by hash: a dump of the memory holds no tokens.
 */
export class TokenCache {
  readonly #capacity: number
  readonly #identities = new Map<string, Identity>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(token: string): Identity | undefined {
    const key = keyOf(token)
    const identity = this.#identities.get(key)
    if (identity === undefined) return undefined
    // A Map keeps the order of insertion: what was used goes to the young end.
    this.#identities.delete(key)
    this.#identities.set(key, identity)
    return identity
  }

  set(token: string, identity: Identity): void {
    this.#identities.set(keyOf(token), identity)
    if (this.#identities.size <= this.#capacity) return
    const oldest = this.#identities.keys().next()
    if (!oldest.done) this.#identities.delete(oldest.value)
  }

  delete(token: string): void {
    this.#identities.delete(keyOf(token))
  }

  get size(): number {
    return this.#identities.size
  }
}

/** One byte a character: half the memory of hex. */
const keyOf = (token: string): string => createHash('sha256').update(token).digest().toString('latin1')
