import { isIPv4, isIPv6 } from 'node:net'
import { addressGroups, plainAddress } from '@skein/core'

/** Both ends of a client's connection, as the edge sees them. */
export interface ConnectionEnds {
  readonly client: string
  readonly clientPort: number
  /** Where the client connected to. */
  readonly edge: string
  readonly edgePort: number
}

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const VERSION_PROXY = 0x21
const VERSION_LOCAL = 0x20
const TCP4 = 0x11
const TCP6 = 0x21

/**
 * Tells a node who the client is, before its first byte.
 * Source: Willy Tarreau, "The PROXY protocol", HAProxy, section 2.2 (version 2).
 */
export function proxyHeader({ client, clientPort, edge, edgePort }: ConnectionEnds): Buffer {
  const [from, to] = [plainAddress(client), plainAddress(edge)]
  const isKnown = [from, to].every((address) => isIPv4(address) || isIPv6(address))
  if (!isKnown) return header(VERSION_LOCAL, 0, Buffer.alloc(0))
  const isV4 = isIPv4(from) && isIPv4(to)
  const bytesOf = isV4 ? v4Bytes : v6Bytes
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(clientPort, 0)
  ports.writeUInt16BE(edgePort, 2)
  return header(VERSION_PROXY, isV4 ? TCP4 : TCP6, Buffer.concat([bytesOf(from), bytesOf(to), ports]))
}

function header(versionAndCommand: number, family: number, addresses: Buffer): Buffer {
  const fixed = Buffer.alloc(4)
  fixed.writeUInt8(versionAndCommand, 0)
  fixed.writeUInt8(family, 1)
  fixed.writeUInt16BE(addresses.length, 2)
  return Buffer.concat([SIGNATURE, fixed, addresses])
}

const v4Bytes = (address: string): Buffer => Buffer.from(address.split('.').map(Number))

function v6Bytes(address: string): Buffer {
  const bytes = Buffer.alloc(16)
  for (const [index, group] of (addressGroups(address) ?? []).entries()) bytes.writeUInt16BE(group, 2 * index)
  return bytes
}
