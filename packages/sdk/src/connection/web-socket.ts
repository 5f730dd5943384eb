import { SUBPROTOCOL } from '@skein/protocol'
import { SdkError } from '../errors.ts'
import type { TransportFactory } from './transport.ts'

/** The part of a WebSocket that is used: browsers, React Native, Node ≥ 22, and `ws` have it. */
export interface WebSocketLike {
  addEventListener(name: 'open' | 'error', listener: () => void): void
  addEventListener(name: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(
    name: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void
  send(text: string): void
  close(code?: number, reason?: string): void
}

export type WebSocketClass = new (url: string, protocols: string) => WebSocketLike

/** A transport on any class that looks like the browser's WebSocket. */
export const webSocketTransportOn =
  (socketClass: WebSocketClass): TransportFactory =>
  (url, listener) => {
    const socket = new socketClass(url, SUBPROTOCOL)
    let closed = false
    const close = (code: number, reason: string): void => {
      if (closed) return
      closed = true
      listener.closed(code, reason)
    }
    socket.addEventListener('open', () => listener.opened())
    socket.addEventListener('message', (event: { readonly data: unknown }) =>
      listener.message(String(event.data)),
    )
    // The close that follows an error says it all; without a handler some implementations throw.
    socket.addEventListener('error', () => {})
    socket.addEventListener('close', (event) => close(event.code, event.reason))
    return { send: (text) => socket.send(text), close: (code, reason) => socket.close(code, reason) }
  }

/** The platform's own WebSocket. */
export function webSocketTransport(): TransportFactory {
  const socketClass = (globalThis as { WebSocket?: WebSocketClass }).WebSocket
  if (socketClass === undefined) {
    throw new SdkError(
      'invalid',
      'this platform has no WebSocket: pass `transport`, in Node 20 `await nodeTransport()` of @skein/sdk/node',
      { remedy: 'fix' },
    )
  }
  return webSocketTransportOn(socketClass)
}
