import { isIP } from 'node:net'
import { plainAddress, v6Network } from '@skein/core'
import type { IsTrusted } from '../gateway/client-address.ts'

/** Users have ids of any characters, apps have no slash: one key cannot be made to look like another. */
export const userKey = (app: string, user: string): string => `${app}/${user}`

export const deviceKey = (app: string, user: string, instance: string): string =>
  `${app}/${user.length}/${user}/${instance}`

/**
 * What a limit per address counts by: of IPv6 the /64, since limiting single addresses there limits nobody.
 * Undefined for addresses that many share or nobody is: loopback, proxies that are trusted, what is no address.
 */
export function addressKey(address: string, isTrusted: IsTrusted): string | undefined {
  const plain = plainAddress(address)
  const family = isIP(plain)
  if (family === 0 || plain.startsWith('127.') || plain === '::1' || isTrusted(plain)) return undefined
  return family === 4 ? plain : `${v6Network(plain)}::/64`
}
