import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { request as tlsRequest, type RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'

/** A WebSocket of which only the handshake is real: proxies pass the bytes after it on unread. */
export interface RawWebSocket {
  /** Which node took it. */
  readonly node: string
  readonly closed: () => boolean
  /** What comes back for `text`. */
  echo(text: string): Promise<string>
  close(): void
}

const HANDSHAKE = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

/** @throws with the status of a refusal. */
export async function openWebSocket(
  port: number,
  path = '/v1/connect',
  tls?: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername'>,
): Promise<RawWebSocket> {
  const options = { host: '127.0.0.1', port, path, headers: HANDSHAKE, agent: false, ...tls }
  const asked = (tls === undefined ? request : tlsRequest)(options).end()
  const [response, socket] = await new Promise<[IncomingMessage, Duplex]>((resolve, reject) => {
    asked.on('upgrade', (head, stream) => resolve([head, stream]))
    asked.on('response', (head) => reject(new Error(`refused with ${head.statusCode}`)))
    asked.on('error', reject)
  })
  return overStream(socket, String(response.headers['x-node']))
}

export function overStream(stream: Duplex, node: string): RawWebSocket {
  let closed = false
  stream
    .on('close', () => (closed = true))
    .on('end', () => (closed = true))
    .on('error', () => (closed = true))
  return {
    node,
    closed: () => closed,
    async echo(text) {
      stream.write(text)
      const [chunk] = (await once(stream, 'data')) as [Buffer]
      return chunk.toString()
    },
    close: () => stream.destroy(),
  }
}
