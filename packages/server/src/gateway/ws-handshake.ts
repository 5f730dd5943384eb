import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { SUBPROTOCOL } from '@skein/protocol'
import type { Refusal } from './upgrade-refusal.ts'

/** RFC 6455 section 1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const KEY = /^[+/0-9A-Za-z]{22}==$/
const VERSION = '13'

/** Why this is no opening handshake of RFC 6455 section 4.2.1. */
export function refuseHandshake({
  method,
  headers,
}: Pick<IncomingMessage, 'method' | 'headers'>): Refusal | undefined {
  if (method !== 'GET') return { status: 400, explanation: 'a WebSocket begins with GET' }
  if (headers['sec-websocket-version'] !== VERSION)
    return {
      status: 400,
      explanation: `this server speaks WebSocket version ${VERSION}; name it in Sec-WebSocket-Version`,
    }
  if (!KEY.test(headers['sec-websocket-key'] ?? ''))
    return { status: 400, explanation: 'Sec-WebSocket-Key is missing or is not 16 bytes in base64' }
  return undefined
}

/** The answer that turns the socket into a WebSocket: our subprotocol, no extensions. */
export function handshakeAnswer(key: string): string {
  const accept = createHash('sha1')
    .update(key + ACCEPT_GUID)
    .digest('base64')
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
    '\r\n',
  ].join('\r\n')
}
