import { SkeinError } from '@skein/core'

/** Who a token speaks for. */
export interface Identity {
  readonly app: string
  readonly user: string
  /** When the token was issued and when it ends, milliseconds since 1970. */
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly device?: string
  /** What the token allows; absent: all that a user may. `read` only: may not send. */
  readonly capabilities?: readonly string[]
}

export type AuthFailure = 'unauthenticated' | 'tokenExpired' | 'revoked'

export class AuthError extends SkeinError<AuthFailure> {
  override name = 'AuthError'
  constructor(reason: AuthFailure, message: string) {
    super(reason, message, { remedy: 'reauthenticate' })
  }
}

export interface Authenticator {
  /** Rejects with AuthError when the token is no good, with another error when that cannot be told now. */
  verify(token: string): Promise<Identity>
}
