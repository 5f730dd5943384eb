import { hostname } from 'node:os'
import type { AddressInfo } from 'node:net'
import { CONNECT_PATH } from '../gateway/ws-gateway.ts'

const EVERYWHERE = new Set(['0.0.0.0', '::'])

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Where somebody on this machine reaches it: an address that means "all" is shown as this machine's. */
export function localUrl(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') return String(address)
  const host = EVERYWHERE.has(address.address) ? '127.0.0.1' : address.address
  return `http://${bracketed(host)}:${address.port}`
}

export interface Where {
  readonly host: string
  readonly peerUrl?: string
  readonly clientUrl?: string
}

/** Where other nodes and clients reach a node that listens at `localUrl`. */
export function reachableAt(
  { host, peerUrl, clientUrl }: Where,
  listeningAt: string,
): { readonly address: string; readonly internalAddress: string } {
  const { port } = new URL(listeningAt)
  const own = EVERYWHERE.has(host) ? `http://${hostname()}:${port}` : listeningAt
  const internalAddress = (peerUrl ?? own).replace(/\/+$/, '')
  return { internalAddress, address: clientUrl === undefined ? internalAddress : connectUrl(clientUrl) }
}

/** Whoever names only the host means the usual path there. */
function connectUrl(clientUrl: string): string {
  const url = new URL(clientUrl)
  if (url.pathname === '/') url.pathname = CONNECT_PATH
  return url.href
}
