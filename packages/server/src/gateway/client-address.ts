import { BlockList, isIP } from 'node:net'
import { plainAddress, SkeinError } from '@skein/core'

export type IsTrusted = (address: string) => boolean

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

/** Whether an address belongs to one of `entries`: addresses or CIDR ranges. Throws SkeinError `configuration`. */
export function trustedAddresses(entries: readonly string[]): IsTrusted {
  if (entries.length === 0) return () => false
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/')
    const bits = prefix === undefined ? undefined : Number(prefix)
    const maxBits = isIP(address) === 4 ? 32 : 128
    if (
      isIP(address) === 0 ||
      (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= maxBits))
    ) {
      throw new SkeinError(
        'configuration',
        `trusted proxy "${entry}" is neither an address nor a CIDR range`,
        {
          remedy: 'fix',
        },
      )
    }
    if (bits === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, bits, familyOf(address))
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address))
}

/**
 * The client behind trusted proxies: the newest address of `X-Forwarded-For` that no trusted proxy
 * has. What stands before it may be made up by the client.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, isTrusted: IsTrusted): string {
  let client = plainAddress(peer)
  if (forwardedFor === undefined) return client
  for (const hop of forwardedFor.split(',').reverse()) {
    if (!isTrusted(client)) break
    const address = plainAddress(hop.trim())
    if (isIP(address) === 0) break
    client = address
  }
  return client
}
