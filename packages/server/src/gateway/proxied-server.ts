import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Cancel, Timers } from '@skein/core'
import { clientAddress, trustedAddresses } from './client-address.ts'
import { readProxyHeader } from './proxy-protocol.ts'

export interface ProxiedServerOptions {
  /** Addresses or CIDR ranges of proxies that are believed. */
  readonly trustedProxies: readonly string[]
  readonly timers: Timers
}

/** As long as a whole request may take: before its first byte the HTTP server does not watch the time. */
const FIRST_BYTE_MS = 30_000

/**
 * Lets trusted proxies begin a connection with a PROXY header: from then on the socket has the client's
 * address, for WebSockets and for each request of it. Whoever is not trusted is not asked; a trusted proxy
 * that sends no header is served as itself. Answers a function that lets go of those who have said nothing.
 */
export function acceptProxyHeaders(server: Server, { trustedProxies, timers }: ProxiedServerOptions): Cancel {
  if (trustedProxies.length === 0) return () => undefined
  const isTrusted = trustedAddresses(trustedProxies)
  const silent = new Set<Socket>()
  const listeners = server.listeners('connection')
  const serve = (socket: Socket): void => {
    for (const listener of listeners) Reflect.apply(listener, server, [socket])
  }
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const peer = clientAddress(socket.remoteAddress ?? '', undefined, isTrusted)
    if (!isTrusted(peer)) return serve(socket)
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
    readHeader(socket, timers, () => {
      silent.delete(socket)
      serve(socket)
    })
  })
  return () => {
    for (const socket of silent) socket.destroy()
  }
}

/** `ready` is called when the next byte of the socket is the first of a request. */
function readHeader(socket: Socket, timers: Timers, ready: () => void): void {
  let bytes: Buffer = Buffer.alloc(0)
  const cancelTimeout = timers.after(FIRST_BYTE_MS, () => socket.destroy())
  const onData = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
    const header = readProxyHeader(bytes)
    if (header.is === 'incomplete') return
    if (header.is === 'invalid') {
      socket.destroy()
      return
    }
    done()
    socket.pause()
    const rest = header.is === 'complete' ? bytes.subarray(header.bytes) : bytes
    if (header.is === 'complete' && header.client !== undefined) {
      Object.defineProperty(socket, 'remoteAddress', { value: header.client, configurable: true })
    }
    if (rest.length > 0) socket.unshift(rest)
    ready()
    socket.resume()
  }
  const onError = (): void => void socket.destroy()
  const done = (): void => {
    cancelTimeout()
    socket.off('data', onData)
    socket.off('end', onError)
    socket.off('error', onError)
    socket.off('close', cancelTimeout)
  }
  socket.on('data', onData)
  socket.on('end', onError)
  socket.on('error', onError)
  socket.on('close', cancelTimeout)
}
