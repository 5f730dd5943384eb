import type { Clock } from '@skein/core'
import { AuthError, type Authenticator, type Identity } from '@skein/server'

export const SIM_APP = 'sim'

/** A token of the simulator names its user and its end; there is nothing to forge here. */
export const simToken = (user: string, nowMs: number, ttlMs: number): string =>
  `${user} ${Math.floor(nowMs)} ${Math.floor(nowMs + ttlMs)}`

/** Checks tokens by the node's own clock, which may be off. */
export function simAuthenticator(clock: Clock): Authenticator {
  return {
    verify: (token): Promise<Identity> => {
      const [user = '', issuedAt, expiresAt] = token.split(' ')
      const expiresAtMs = Number(expiresAt)
      if (expiresAtMs <= clock.now())
        return Promise.reject(new AuthError('tokenExpired', 'the token has ended: get a new one'))
      return Promise.resolve({ app: SIM_APP, user, issuedAtMs: Number(issuedAt), expiresAtMs })
    },
  }
}
