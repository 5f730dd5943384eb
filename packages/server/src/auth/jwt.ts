import type { Clock, Random } from '@skein/core'
import { AppId, LIMITS, UserId } from '@skein/protocol'
import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose'
import * as z from 'zod/mini'
import { AuthError, type Authenticator, type Identity } from './authenticator.ts'
import { TokenCache } from './token-cache.ts'
import { remoteKeys, secretKey } from './verification-keys.ts'

export interface JwtOptions {
  readonly keys:
    /** HS256. `previousSecret` is still accepted, so that a secret can be changed without signing anybody out. */
    | { readonly type: 'secret'; readonly secret: string; readonly previousSecret?: string }
    /** RS, PS, ES or EdDSA with the keys behind the url. */
    | { readonly type: 'jwks'; readonly url: string }
  /** Demanded of every token when given. */
  readonly issuer?: string
  readonly audience?: string
  readonly clock: Clock
  readonly random: Random
  /** Verified tokens that are remembered until they end; one takes about 300 bytes. */
  readonly cacheEntries?: number
}

/** How far the issuer's clock may be off for `exp` and `nbf`. */
const CLOCK_TOLERANCE_MS = 5_000
/** A token from further ahead would outlive a revocation. */
const ISSUED_AHEAD_MAX_MS = 60_000
/** More than a node has sessions: with fewer a storm of all of them would find none. */
const DEFAULT_CACHE_ENTRIES = 20_000
const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

const Claims = z.object({
  app: AppId,
  sub: UserId,
  exp: z.number().check(z.positive()),
  /** Missing: 0, so such a token does not survive the first revocation of its user. */
  iat: z._default(z.number().check(z.nonnegative()), 0),
  device: z.optional(z.string().check(z.minLength(1), z.maxLength(LIMITS.idLength))),
  cap: z.optional(z.array(z.string().check(z.minLength(1), z.maxLength(64))).check(z.maxLength(32))),
})

/** Verifies JWTs with the claims app, sub, exp and optionally iat, device, cap (docs: SPEC, AUTH rules). */
export class JwtAuthenticator implements Authenticator {
  readonly #clock: Clock
  readonly #keys: readonly (Uint8Array | JWTVerifyGetKey)[]
  readonly #checks: JWTVerifyOptions
  readonly #cache: TokenCache

  /** Throws SkeinError `configuration` when the secret is too short. */
  constructor(options: JwtOptions) {
    this.#clock = options.clock
    this.#keys = keysOf(options)
    this.#cache = new TokenCache(options.cacheEntries ?? DEFAULT_CACHE_ENTRIES)
    this.#checks = {
      algorithms: options.keys.type === 'secret' ? ['HS256'] : ASYMMETRIC,
      clockTolerance: CLOCK_TOLERANCE_MS / 1000,
      requiredClaims: ['app', 'sub', 'exp'],
      ...(options.issuer !== undefined && { issuer: options.issuer }),
      ...(options.audience !== undefined && { audience: options.audience }),
    }
  }

  async verify(token: string): Promise<Identity> {
    if (token.length > LIMITS.tokenLength) {
      throw new AuthError('unauthenticated', `a token has at most ${LIMITS.tokenLength} characters`)
    }
    const known = this.#cache.get(token)
    if (known !== undefined) {
      if (this.#clock.now() < known.expiresAtMs + CLOCK_TOLERANCE_MS) return known
      this.#cache.delete(token)
      throw new AuthError('tokenExpired', 'the token has expired; ask for a new one')
    }
    const identity = this.#identityOf(await this.#payloadOf(token))
    this.#cache.set(token, identity)
    return identity
  }

  async #payloadOf(token: string): Promise<JWTPayload> {
    const checks = { ...this.#checks, currentDate: new Date(this.#clock.now()) }
    let failure: unknown
    for (const key of this.#keys) {
      try {
        const { payload } = await (typeof key === 'function'
          ? jwtVerify(token, key, checks)
          : jwtVerify(token, key, checks))
        return payload
      } catch (error) {
        failure = error
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break
      }
    }
    if (failure instanceof errors.JWTExpired)
      throw new AuthError('tokenExpired', 'the token has expired; ask for a new one')
    if (failure instanceof errors.JOSEError)
      throw new AuthError('unauthenticated', `the token is not accepted: ${failure.message}`)
    throw failure
  }

  #identityOf(payload: JWTPayload): Identity {
    const claims = Claims.safeParse(payload)
    if (!claims.success) {
      const issue = claims.error.issues[0]
      throw new AuthError(
        'unauthenticated',
        `the token's claim "${issue?.path.join('.') ?? ''}" is not valid: ${issue?.message ?? ''}`,
      )
    }
    const { app, sub, exp, iat, device, cap } = claims.data
    if (iat * 1000 > this.#clock.now() + ISSUED_AHEAD_MAX_MS) {
      throw new AuthError(
        'unauthenticated',
        'the token was issued in the future: check the clock of the host that issues tokens',
      )
    }
    return {
      app,
      user: sub,
      issuedAtMs: Math.floor(iat * 1000),
      expiresAtMs: Math.floor(exp * 1000),
      ...(device !== undefined && { device }),
      ...(cap !== undefined && { capabilities: cap }),
    }
  }
}

function keysOf({ keys, clock, random }: JwtOptions): readonly (Uint8Array | JWTVerifyGetKey)[] {
  if (keys.type === 'jwks') return [remoteKeys(new URL(keys.url), { clock, random })]
  const secrets = keys.previousSecret === undefined ? [keys.secret] : [keys.secret, keys.previousSecret]
  return secrets.map(secretKey)
}
