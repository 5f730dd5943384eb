import { SdkError } from '../errors.ts'
import type { TransportFactory } from '../connection/transport.ts'
import { webSocketTransportOn, type WebSocketClass } from '../connection/web-socket.ts'

/**
 * A transport for Node: on the class that is passed (`WebSocket` of `ws`), else on the platform's own
 * (Node 22 and newer), else on `ws` if it is installed.
 */
export function nodeTransport(socketClass: WebSocketClass): TransportFactory
export function nodeTransport(): Promise<TransportFactory>
export function nodeTransport(socketClass?: WebSocketClass): TransportFactory | Promise<TransportFactory> {
  return socketClass === undefined
    ? findClass().then(webSocketTransportOn)
    : webSocketTransportOn(socketClass)
}

async function findClass(): Promise<WebSocketClass> {
  const own = (globalThis as { WebSocket?: WebSocketClass }).WebSocket
  if (own !== undefined) return own
  try {
    // The name is not written out, so that neither bundlers nor the compiler ask for a package that is optional.
    const name: string = 'ws'
    const module = (await import(name)) as { readonly WebSocket: WebSocketClass }
    return module.WebSocket
  } catch (cause) {
    const message = 'this Node has no WebSocket: npm install ws, or run Node 22 or newer'
    throw new SdkError('invalid', message, { remedy: 'fix', cause })
  }
}
