/** Without zeros in front: some read those as octal. */
const V4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/
const GROUP = /^[\da-f]{1,4}$/i
const GROUPS = 8
/** What one customer is given of IPv6 (RFC 6177). */
const NETWORK_GROUPS = 4
/** Where IPv4 begins within IPv6 (RFC 4291, section 2.5.5.2): five groups of zeros, then this. */
const MAPPED = 0xffff

/** Without a zone, and IPv4 as itself where a socket for both families or a proxy has mapped it into IPv6. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address
  const groups = v6Groups(address)
  if (groups === undefined || !isMapped(groups)) return address.split('%', 1)[0] ?? address
  const [high = 0, low = 0] = groups.slice(6)
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}

/** The eight groups of an address; one of IPv4 as mapped into IPv6. Undefined for what is no address. */
export function addressGroups(address: string): readonly number[] | undefined {
  const v4 = v4Groups(address)
  return v4 === undefined ? v6Groups(address) : [0, 0, 0, 0, 0, MAPPED, ...v4]
}

/** The /64 of an IPv6 address, in one spelling; undefined for what is none. */
export const v6Network = (address: string): string | undefined =>
  v6Groups(address)
    ?.slice(0, NETWORK_GROUPS)
    .map((group) => group.toString(16))
    .join(':')

const isMapped = (groups: readonly number[]): boolean =>
  groups[5] === MAPPED && groups.slice(0, 5).every((group) => group === 0)

/** By hand: the platform's `URL` is not whole everywhere, and `node:net` is not there. */
function v6Groups(address: string): readonly number[] | undefined {
  const [head = '', tail, ...more] = (address.split('%', 1)[0] ?? '').split('::')
  if (!address.includes(':') || more.length > 0) return undefined
  const left = groupsOf(head, tail === undefined)
  const right = tail === undefined ? [] : groupsOf(tail, true)
  if (left === undefined || right === undefined) return undefined
  const missing = GROUPS - left.length - right.length
  // "::" stands for at least one group (RFC 4291, section 2.2).
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  return [...left, ...Array.from({ length: missing }, () => 0), ...right]
}

/** @param isLast IPv4 in decimal may stand at the very end */
function groupsOf(part: string, isLast: boolean): readonly number[] | undefined {
  if (part === '') return []
  const groups: number[] = []
  const texts = part.split(':')
  for (const [index, text] of texts.entries()) {
    const v4 = isLast && index === texts.length - 1 ? v4Groups(text) : undefined
    if (v4 !== undefined) groups.push(...v4)
    else if (GROUP.test(text)) groups.push(Number.parseInt(text, 16))
    else return undefined
  }
  return groups
}

function v4Groups(address: string): readonly [number, number] | undefined {
  const bytes = V4.exec(address)?.slice(1).map(Number)
  if (bytes === undefined || bytes.some((byte) => byte > 0xff)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  return [a * 256 + b, c * 256 + d]
}
