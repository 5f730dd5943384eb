import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { plainAddress } from '@skein/core'
import { AddressCounts } from './address-counts.ts'
import { edgeLimits, type EdgeLimits } from './edge-limits.ts'
import { proxyHeader } from './proxy-header.ts'
import { refuse } from './refuse.ts'
import { serveClient, type Client, type EdgeWitness, type Serving } from './serve-client.ts'

export interface EdgeServerOptions extends Omit<Serving, 'limits' | 'witness'> {
  readonly limits?: Partial<EdgeLimits>
  readonly witness?: ServerWitness
  /** Tells nodes who the client is (PROXY protocol, version 2); they must trust this address. */
  readonly proxyProtocol?: boolean
}

export interface ServerWitness extends EdgeWitness {
  accepted(): void
}

export interface EdgeServer {
  readonly port: number
  /** Now. */
  readonly connections: number
  readonly limits: EdgeLimits
  /**
   * Takes no new connections, and ends those that are there one after the other within `windowMs`: all at
   * once would come back at once.
   */
  close(windowMs?: number): Promise<void>
}

/** As the nodes': a storm of clients that come back waits here rather than for TCP to try again. */
const ACCEPT_BACKLOG = 4_096
const KEEP_ALIVE_MS = 30_000

const NOBODY: ServerWitness = {
  accepted: () => undefined,
  refused: () => undefined,
  attempted: () => undefined,
  repeated: () => undefined,
  steered: () => undefined,
  passed: () => undefined,
}

/**
 * One port for all nodes. It reads the head of a connection's first request, chooses a node, waits for
 * its first byte, and then only passes bytes on.
 */
export async function startEdgeServer(
  host: string,
  port: number,
  options: EdgeServerOptions,
): Promise<EdgeServer> {
  const { proxyProtocol = false, witness = NOBODY, runtime } = options
  const limits = edgeLimits(options.limits)
  const serving = { pool: options.pool, runtime, limits, witness }
  const counts = new AddressCounts(limits.maxPerAddress)
  const clients = new Set<Socket>()
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    clients.add(socket)
    socket.once('close', () => clients.delete(socket))
    socket.on('error', () => undefined)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    witness.accepted()
    const client = clientOf(socket, proxyProtocol)
    if (!counts.enter(client.address)) {
      witness.refused('maxPerAddress')
      return refuse(socket, 'maxPerAddress', runtime.timers)
    }
    socket.once('close', () => counts.leave(client.address))
    void serveClient(client, serving)
  })
  server.maxConnections = limits.maxConnections
  server.on('drop', () => witness.refused('maxConnections'))
  server.listen({ port, host, backlog: ACCEPT_BACKLOG })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    limits,
    get connections() {
      return clients.size
    },
    async close(windowMs = 0) {
      const closed = once(server, 'close')
      server.close()
      const leaving = [...clients]
      for (const [index, client] of leaving.entries()) {
        const afterMs = (windowMs * index) / leaving.length
        if (afterMs === 0) client.destroy()
        else
          client.once(
            'close',
            runtime.timers.after(afterMs, () => client.destroy()),
          )
      }
      await closed
    },
  }
}

/** Read at once: a socket that is closed has forgotten its ends. */
function clientOf(socket: Socket, proxyProtocol: boolean): Client {
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket
  const ends = { client: remoteAddress, clientPort: remotePort, edge: localAddress, edgePort: localPort }
  return {
    socket,
    address: plainAddress(remoteAddress),
    introduction: proxyProtocol ? proxyHeader(ends) : undefined,
  }
}
