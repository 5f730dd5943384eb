import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Passes connections on, and can go silent towards those that subscribed to something. */
export class TcpProxy {
  readonly port: number
  readonly #server: Server
  readonly #sockets: Set<Socket>
  /** Swallows what the server says on connections on which `subscribes` was ever seen. */
  deaf = false

  private constructor(server: Server, port: number, sockets: Set<Socket>) {
    this.#server = server
    this.port = port
    this.#sockets = sockets
  }

  static async open(targetPort: number, subscribes: RegExp): Promise<TcpProxy> {
    const sockets = new Set<Socket>()
    const server = createServer((client) => {
      const upstream = connect(targetPort, '127.0.0.1')
      let subscriber = false
      client.on('data', (chunk) => {
        subscriber ||= subscribes.test(chunk.toString('latin1'))
        upstream.write(chunk)
      })
      upstream.on('data', (chunk) => {
        if (!(subscriber && proxy.deaf)) client.write(chunk)
      })
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          sockets.delete(socket)
          other.destroy()
        })
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const proxy: TcpProxy = new TcpProxy(server, port, sockets)
    return proxy
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
