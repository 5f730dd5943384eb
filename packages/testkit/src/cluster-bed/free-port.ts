import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below those that the kernel gives to outgoing connections (Linux: from 32768): these take a free port at any moment. */
const FIRST = 15_000
const BEHIND_LAST = 32_000
const MOST_TRIES = 1_000

/** Ports on loopback that nobody listens on now; all different. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>()
  for (let tries = 0; held.size < count; tries++) {
    if (tries === MOST_TRIES) throw new Error(`none of ${MOST_TRIES} ports from ${FIRST} on is free`)
    const port = randomInt(FIRST, BEHIND_LAST)
    const server = held.has(port) ? undefined : await listening(port)
    if (server !== undefined) held.set(port, server)
  }
  await Promise.all(
    [...held.values()].map((server) => {
      server.close()
      return once(server, 'close')
    }),
  )
  return [...held.keys()]
}

async function listening(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  )
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}
