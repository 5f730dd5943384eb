import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Timers } from '@skein/core'

/** Proxies that ask at one moment. Each asks a few times a second and goes at once. */
const MAX_CONNECTIONS = 256
/** Whoever does not take the line by then is not waited for. */
const TALK_MS = 1_000

export interface AgentServerOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly answer: () => string
  readonly timers: Pick<Timers, 'after'>
}

export interface AgentServer {
  readonly port: number
  close(): void
}

/** Says one line to whoever connects, and reads nothing. @throws the system's error when the port is taken. */
export async function startAgentServer({
  host,
  port,
  answer,
  timers,
}: AgentServerOptions): Promise<AgentServer> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    const cancel = timers.after(TALK_MS, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      cancel()
      open.delete(socket)
    })
    // Without reading, its end is never seen and the socket stays half open.
    socket.resume().end(answer())
  })
  server.maxConnections = MAX_CONNECTIONS
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}
