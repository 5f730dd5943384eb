import { isIPv4 } from 'node:net'

const IPV4_MAPPED = '::ffff:'
const GROUPS = 8

/** Without what a socket that listens for both families puts before IPv4, and without a zone. */
export function plainAddress(address: string): string {
  const bare = address.split('%', 1)[0] ?? address
  const v4 = bare.toLowerCase().startsWith(IPV4_MAPPED) ? bare.slice(IPV4_MAPPED.length) : bare
  return isIPv4(v4) ? v4 : bare
}

/** The eight groups of an address in hexadecimal; one of IPv4 as mapped into IPv6. */
export function v6Groups(address: string): readonly string[] {
  const text = isIPv4(address) ? `${IPV4_MAPPED}${address}` : address
  // The platform's one form has all groups or one "::", and no IPv4 in decimal.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string | undefined): readonly string[] =>
    part === undefined || part === '' ? [] : part.split(':')
  const [first, last] = [groups(head), groups(tail)]
  return [...first, ...Array.from({ length: GROUPS - first.length - last.length }, () => '0'), ...last]
}

/** As it stands in a URL. */
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)
