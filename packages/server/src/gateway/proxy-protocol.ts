import { plainAddress } from '@skein/core'

/**
 * What a proxy says of its client before the client's first byte (PROXY protocol, version 2).
 * Source: Willy Tarreau, "The PROXY protocol", HAProxy, sections 2.2 to 2.4.
 */
export type ProxyHeader =
  /** So far it may be one. */
  | { readonly is: 'incomplete' }
  /** What came is something else. */
  | { readonly is: 'absent' }
  | { readonly is: 'invalid'; readonly why: string }
  /** `client`: undefined when the proxy speaks for itself, or its client did not come by TCP. */
  | { readonly is: 'complete'; readonly bytes: number; readonly client: string | undefined }

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const FIXED_BYTES = 16
/** Addresses and a proxy's remarks (TLVs); real headers have 12 to some hundred bytes. */
export const MAX_PROXY_ADDRESS_BYTES = 2_048

const VERSION = 0x2
const COMMAND = { local: 0x0, proxy: 0x1 } as const
const TCP4 = 0x11
const TCP6 = 0x21
/** Two addresses and two ports. */
const TCP4_BYTES = 12
const TCP6_BYTES = 36

const INCOMPLETE: ProxyHeader = { is: 'incomplete' }
const invalid = (why: string): ProxyHeader => ({ is: 'invalid', why })

export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const begun = Math.min(bytes.length, SIGNATURE.length)
  if (!bytes.subarray(0, begun).equals(SIGNATURE.subarray(0, begun))) return { is: 'absent' }
  if (bytes.length < FIXED_BYTES) return INCOMPLETE
  const versionAndCommand = bytes.readUInt8(12)
  const command = versionAndCommand & 0xf
  if (versionAndCommand >> 4 !== VERSION) return invalid(`version ${versionAndCommand >> 4}`)
  if (command !== COMMAND.local && command !== COMMAND.proxy) return invalid(`command ${command}`)
  const addressBytes = bytes.readUInt16BE(14)
  if (addressBytes > MAX_PROXY_ADDRESS_BYTES) return invalid(`${addressBytes} bytes of addresses`)
  const family = bytes.readUInt8(13)
  const needed = command === COMMAND.local ? 0 : addressBytesOf(family)
  if (addressBytes < needed) return invalid(`${addressBytes} bytes of addresses for family ${family}`)
  const whole = FIXED_BYTES + addressBytes
  if (bytes.length < whole) return INCOMPLETE
  const client = needed === 0 ? undefined : sourceOf(bytes.subarray(FIXED_BYTES), family)
  return { is: 'complete', bytes: whole, client }
}

const addressBytesOf = (family: number): number => {
  if (family === TCP4) return TCP4_BYTES
  return family === TCP6 ? TCP6_BYTES : 0
}

function sourceOf(addresses: Buffer, family: number): string {
  if (family === TCP4) return addresses.subarray(0, 4).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => addresses.readUInt16BE(2 * index).toString(16))
  // In the one way to write it (RFC 5952), or one client would be several to whoever counts them.
  // A proxy that listens for both families may map IPv4: unmapped too, or all of IPv4 were one network of IPv6.
  return plainAddress(new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1))
}
