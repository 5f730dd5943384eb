import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { DesiredServer } from '../driver/driver.ts'
import { desiredServer } from './desired-server.ts'

/** Looks to a proxy like a node: health, an agent, HTTP that says its name, WebSockets that echo bytes. */
export interface FakeNode {
  readonly name: string
  readonly port: number
  readonly agentPort: number
  /** What the agent says. */
  says: string
  /** WebSockets that came, and those that are open. */
  readonly accepted: () => number
  readonly open: () => number
  /** Of the last request. */
  readonly lastRequest: () => IncomingMessage | undefined
  /** For the driver. */
  desired(known?: Partial<DesiredServer>): DesiredServer
  /** Nobody listens at its port any more, and what is open stays open. */
  closePort(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** HAProxy checks that the key was understood (RFC 6455, section 4.2.2). */
const accepting = ({ headers }: IncomingMessage, name: string): string => {
  const accept = createHash('sha1')
    .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  const head = ['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: upgrade']
  return [...head, `sec-websocket-accept: ${accept}`, `x-node: ${name}`, '', ''].join('\r\n')
}

export async function fakeNode(name: string, tls?: ServerOptions): Promise<FakeNode> {
  const sockets = new Set<Duplex>()
  let accepted = 0
  let last: IncomingMessage | undefined
  const server = tls === undefined ? createServer() : createTlsServer(tls)
  server.on('request', (request: IncomingMessage, response) => {
    if (request.url !== '/livez') last = request
    response.end(name)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    last = request
    accepted += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    socket.write(accepting(request, name))
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  const agent = createTcpServer((socket) => {
    socket
      .on('error', () => socket.destroy())
      .resume()
      .end(node.says)
  }).listen(0, '127.0.0.1')
  await Promise.all([once(server, 'listening'), once(agent, 'listening')])
  const portOf = (listening: { address(): AddressInfo | string | null }): number =>
    (listening.address() as AddressInfo).port
  const node: FakeNode = {
    name,
    port: portOf(server),
    agentPort: portOf(agent),
    says: 'up 100%\n',
    accepted: () => accepted,
    open: () => sockets.size,
    lastRequest: () => last,
    desired: (known = {}) => desiredServer({ name, port: node.port, agentPort: node.agentPort, ...known }),
    async closePort() {
      server.close()
      server.closeIdleConnections()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      agent.close()
      server.close()
      server.closeAllConnections()
    },
  }
  return node
}
