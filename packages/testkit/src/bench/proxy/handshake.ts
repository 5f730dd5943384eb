import { createHash } from 'node:crypto'

/** Any will do: what matters is that the answer fits, for proxies look at it (RFC 6455, section 4.2.2). */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export const HANDSHAKE = [
  'GET /v1/connect HTTP/1.1',
  'Host: bench',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${KEY}`,
  '',
  '',
].join('\r\n')

export const ACCEPTED = [
  'HTTP/1.1 101 Switching Protocols',
  'Connection: Upgrade',
  'Upgrade: websocket',
  `Sec-WebSocket-Accept: ${createHash('sha1').update(KEY).update(MAGIC).digest('base64')}`,
  '',
  '',
].join('\r\n')

/** What a 101 begins with, whatever HTTP says after it. */
export const SWITCHED = 'HTTP/1.1 101'
export const HEAD_END = '\r\n\r\n'
