import { CONNECT_PATH } from '../gateway/ws-gateway.ts'

/** What clients open where a node only knows how it is reached by HTTP. */
const SOCKET_PROTOCOL: Readonly<Record<string, string>> = { 'http:': 'ws:', 'https:': 'wss:' }

/** An address as clients open it: spelled in one way, with the usual path where it names none. */
export function endpointUrl(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  url.protocol = SOCKET_PROTOCOL[url.protocol] ?? url.protocol
  if (url.pathname === '/') url.pathname = CONNECT_PATH
  return url.href
}

/** Clients reach it there by its own word, not only other nodes. */
export const isClientAddress = (address: string): boolean => /^wss?:/i.test(address)
