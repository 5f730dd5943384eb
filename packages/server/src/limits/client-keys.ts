import { isIP } from 'node:net'
import type { IsTrusted } from '../gateway/client-address.ts'

/** Users have ids of any characters, apps have no slash: one key cannot be made to look like another. */
export const userKey = (app: string, user: string): string => `${app}/${user}`

export const deviceKey = (app: string, user: string, instance: string): string =>
  `${app}/${user.length}/${user}/${instance}`

/** The networks that one customer is given (RFC 6177): limiting single IPv6 addresses limits nobody. */
const IPV6_GROUPS = 4

/**
 * What a limit per address counts by. Undefined for addresses that many share or nobody is: loopback,
 * proxies that are trusted, and what is no address.
 */
export function addressKey(address: string, isTrusted: IsTrusted): string | undefined {
  const family = isIP(address)
  if (family === 0 || address.startsWith('127.') || address === '::1' || isTrusted(address)) return undefined
  return family === 4 ? address : ipv6Network(address)
}

function ipv6Network(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  // Groups left of the gap, then zeros: what stands right of it matters only without a gap.
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array.from({ length: zerosIn(left, tail) }, () => '0'), ...tail.split(':')]
  return `${groups
    .slice(0, IPV6_GROUPS)
    .map((group) => Number.parseInt(group || '0', 16).toString(16))
    .join(':')}::/64`
}

/** An IPv4 address at the end stands for two groups. */
function zerosIn(left: readonly string[], tail: string): number {
  const right = tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0)
  return Math.max(0, 8 - left.length - right)
}
