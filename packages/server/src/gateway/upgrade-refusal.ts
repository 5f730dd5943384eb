import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { SUBPROTOCOL } from '@skein/protocol'

export interface Refusal {
  readonly status: 400 | 403 | 404 | 503
  readonly explanation: string
  readonly retryAfterSeconds?: number
}

export interface UpgradeRules {
  readonly path: string
  /**
   * Browsers' origins that may connect beside the server's own; `*` or absent: all. Clients that name no
   * origin are no browsers.
   */
  readonly allowedOrigins?: readonly string[]
}

/** Why a request cannot become a connection, whatever the node's state. */
export function refuseUpgrade(
  request: Pick<IncomingMessage, 'url' | 'headers'>,
  rules: UpgradeRules,
): Refusal | undefined {
  const { headers } = request
  const path = request.url?.split('?', 1)[0]
  if (path !== rules.path)
    return { status: 404, explanation: `WebSockets are accepted at ${rules.path} only` }
  if (headers.upgrade?.toLowerCase() !== 'websocket') {
    return { status: 400, explanation: 'the only upgrade here is "Upgrade: websocket"' }
  }
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? []
  if (!offered.includes(SUBPROTOCOL)) {
    return {
      status: 400,
      explanation: `offer the WebSocket subprotocol "${SUBPROTOCOL}"; this server speaks no other`,
    }
  }
  if (!isOriginAllowed(headers, rules.allowedOrigins)) {
    return {
      status: 403,
      explanation: "pages of this origin may not connect; add it to the server's allowed origins",
    }
  }
  return undefined
}

function isOriginAllowed(
  { origin, host }: IncomingMessage['headers'],
  allowed: readonly string[] | undefined,
): boolean {
  if (allowed === undefined || origin === undefined) return true
  return (
    allowed.includes('*') ||
    allowed.includes(origin) ||
    origin === `http://${host}` ||
    origin === `https://${host}`
  )
}

/** Answers in plain HTTP and closes. */
export function answerRefusal(socket: Duplex, { status, explanation, retryAfterSeconds }: Refusal): void {
  const body = `${explanation}\n`
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
      '',
      body,
    ].join('\r\n'),
  )
}
