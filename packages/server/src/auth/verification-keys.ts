import { SkeinError, type Clock, type Random } from '@skein/core'
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'

/** Shortest secret for HS256: the hash's own length (RFC 7518 section 3.2). */
export const SECRET_MIN_BYTES = 32

/** One answer of the key server is used this long before it is asked again, in the background. */
const KEYS_REFRESH_MS = 600_000
/** Keys that could not be refreshed for this long are no longer trusted: one may have been withdrawn. */
const KEYS_MAX_AGE_MS = 24 * 3_600_000
/** Unknown key ids ask the key server at most this often. */
const KEYS_COOLDOWN_MS = 30_000
const KEYS_TIMEOUT_MS = 5_000
const KEYS_RETRY_MS = 1_000

export function secretKey(secret: string): Uint8Array {
  const key = new TextEncoder().encode(secret)
  if (key.length < SECRET_MIN_BYTES) {
    throw new SkeinError(
      'configuration',
      `the token secret has ${key.length} bytes and needs at least ${SECRET_MIN_BYTES}: ` +
        'generate one with `openssl rand -base64 48`',
      { remedy: 'fix' },
    )
  }
  return key
}

/**
 * The keys behind a JWKS url. They outlive the key server by a day: signing in must not stop because it
 * is away. Rejects with SkeinError `unavailable` when that leaves it open whether a token is good.
 */
export function remoteKeys(
  url: URL,
  world: { readonly clock: Clock; readonly random: Random },
): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: KEYS_TIMEOUT_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    cacheMaxAge: Infinity,
  })
  let refreshedAtMs = -Infinity
  let triedAtMs = -Infinity
  const refresh = (): Promise<void> => {
    triedAtMs = world.clock.monotonicMs()
    return keys.reload().then(() => void (refreshedAtMs = world.clock.monotonicMs()))
  }
  return async (header, token) => {
    try {
      const nowMs = world.clock.monotonicMs()
      if (nowMs - refreshedAtMs > KEYS_MAX_AGE_MS) await refresh()
      else if (nowMs - Math.max(refreshedAtMs, triedAtMs) > KEYS_REFRESH_MS) refresh().catch(() => {})
      return await keys(header, token)
    } catch (error) {
      if (isAboutTheToken(error)) throw error
      throw new SkeinError('unavailable', `the token cannot be checked now: no answer from ${url.host}`, {
        remedy: 'retry',
        retryAfterMs: Math.ceil(KEYS_RETRY_MS * (1 + world.random.next())),
        cause: error,
      })
    }
  }
}

const isAboutTheToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported ||
  error instanceof errors.JWSInvalid
