import type { Clock } from '@skein/core'
import { SignJWT } from 'jose'
import { secretKey } from './verification-keys.ts'

export interface TokenRequest {
  readonly secret: string
  readonly app: string
  readonly user: string
  readonly ttlSeconds: number
  readonly device?: string
  readonly capabilities?: readonly string[]
  readonly issuer?: string
  readonly audience?: string
}

export interface MintedToken {
  readonly token: string
  readonly expiresAtMs: number
}

/** Signs a token with HS256, as a product's backend would. */
export async function mintToken(request: TokenRequest, clock: Pick<Clock, 'now'>): Promise<MintedToken> {
  const nowMs = clock.now()
  const expiresAtMs = nowMs + request.ttlSeconds * 1000
  // Fractions of a second (RFC 7519 section 2 allows them): a token issued right after a revocation counts.
  const jwt = new SignJWT({
    app: request.app,
    iat: nowMs / 1000,
    exp: expiresAtMs / 1000,
    ...(request.device !== undefined && { device: request.device }),
    ...(request.capabilities !== undefined && { cap: request.capabilities }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(request.user)
  if (request.issuer !== undefined) jwt.setIssuer(request.issuer)
  if (request.audience !== undefined) jwt.setAudience(request.audience)
  return { token: await jwt.sign(secretKey(request.secret)), expiresAtMs }
}
