import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Backend, Backends } from './backends.ts'
import { joinSockets } from './join-sockets.ts'
import { readRequestLine } from './request-line.ts'

export interface ProxyOptions {
  readonly backends: Backends
  /** Uniform in [0, 1). */
  readonly roll: () => number
  readonly limits?: Partial<ProxyLimits>
}

export interface ProxyLimits {
  /** Each holds two of the process's files; Linux gives a process 20,000 or more. */
  readonly maxConnections: number
  /** A client that says nothing for so long is not waited for. */
  readonly firstLineMs: number
  /** A node on this machine either takes a connection at once or is not there. */
  readonly connectMs: number
}

const LIMITS: ProxyLimits = { maxConnections: 8_000, firstLineMs: 10_000, connectMs: 1_000 }
/** As the nodes': a storm of clients that come back waits here rather than for TCP to try again. */
const ACCEPT_BACKLOG = 4_096
/** How long a refused client has to read why. */
const REFUSAL_MS = 1_000
const RETRY_AFTER_SECONDS = 1
const KEEP_ALIVE_MS = 30_000

export interface Proxy {
  readonly port: number
  /** Ends every connection. */
  close(): Promise<void>
}

const STATUS = {
  400: 'Bad Request',
  408: 'Request Timeout',
  414: 'URI Too Long',
  503: 'Service Unavailable',
} as const

/**
 * One port for all nodes. It reads the first line of a connection's first request, chooses a node, and
 * then only passes bytes on.
 */
export async function startProxy(host: string, port: number, options: ProxyOptions): Promise<Proxy> {
  const limits = { ...LIMITS, ...options.limits }
  const clients = new Set<Socket>()
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    clients.add(client)
    client.once('close', () => clients.delete(client))
    client.on('error', () => undefined)
    client.setKeepAlive(true, KEEP_ALIVE_MS)
    serve(client, options, limits)
  })
  server.maxConnections = limits.maxConnections
  server.listen({ port, host, backlog: ACCEPT_BACKLOG })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const client of clients) client.destroy()
      await closed
    },
  }
}

function serve(client: Socket, { backends, roll }: ProxyOptions, limits: ProxyLimits): void {
  let head = Buffer.alloc(0)
  const timer = setTimeout(() => refuse(client, 408, 'Nothing was asked.'), limits.firstLineMs)
  const stopReading = (): void => {
    clearTimeout(timer)
    client.off('data', read)
    client.off('end', gaveUp)
  }
  const gaveUp = (): void => {
    stopReading()
    client.destroy()
  }
  const read = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk])
    const line = readRequestLine(head)
    switch (line.is) {
      case 'incomplete':
        return
      case 'notHttp':
        stopReading()
        return refuse(client, 400, 'This port speaks HTTP and WebSocket, without TLS.')
      case 'tooLong':
        stopReading()
        return refuse(client, 414, 'The address is too long.')
      case 'complete': {
        stopReading()
        client.pause()
        void pass(client, head, { backends, roll, limits, wanted: line.node })
      }
    }
  }
  client.on('data', read)
  client.once('end', gaveUp)
  client.once('close', () => clearTimeout(timer))
}

interface Passing {
  readonly backends: Backends
  readonly roll: () => number
  readonly limits: ProxyLimits
  readonly wanted: string | undefined
}

/** Tries one node after the other until one takes the connection. */
async function pass(client: Socket, head: Buffer, passing: Passing): Promise<void> {
  const { backends, roll, limits, wanted } = passing
  const tried = new Set<string>()
  while (!client.destroyed) {
    const backend = backends.choose({ wanted, tried, roll: roll() })
    if (backend === undefined) return refuse(client, 503, 'No node answers at this moment.')
    tried.add(backend.name)
    // Counted before it is there, or all that come in one moment would go to the same node.
    const leave = backends.occupy(backend)
    const node = await connectTo(backend, limits.connectMs)
    if (node === undefined) {
      leave()
      continue
    }
    if (client.destroyed) {
      leave()
      node.resetAndDestroy()
      return
    }
    node.write(head)
    joinSockets(client, node, leave)
    return
  }
}

function connectTo({ host, port }: Backend, withinMs: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
    const failed = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(undefined)
    }
    const timer = setTimeout(failed, withinMs)
    socket.once('error', failed)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', failed)
      resolve(socket)
    })
  })
}

/** Says why, and lets the client read it: a reset would take the words away. */
function refuse(client: Socket, status: keyof typeof STATUS, detail: string): void {
  const body = JSON.stringify({ type: 'about:blank', title: STATUS[status], status, detail })
  const retry = status === 503 ? [`Retry-After: ${RETRY_AFTER_SECONDS}`, 'Cache-Control: no-store'] : []
  const lines = [
    `HTTP/1.1 ${status} ${STATUS[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...retry,
  ]
  client.resume()
  client.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
  const timer = setTimeout(() => client.destroy(), REFUSAL_MS)
  client.once('close', () => clearTimeout(timer))
}
