import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { answerParent } from '../../processes/answer-parent.ts'
import { nowMs } from '../../processes/shared-clock.ts'
import { ACCEPTED } from './handshake.ts'
import type { NodesAnswer, NodesCommand } from './proxy-commands.ts'

/**
 * Entry of the process of the nodes: as little as a proxy needs to see in them, so that what is measured is
 * the proxy. They answer checks, tell the cluster and an agent their headroom, and send back what comes.
 */

const HOST = '127.0.0.1'
const SESSIONS = 100_000
const ALL_IN_PERCENT = 100

class StandInNode {
  readonly name: string
  headroom = ALL_IN_PERCENT
  accepted = 0
  readonly #agent: Server = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.resume().end(`up ${this.headroom}%\n`)
  })
  readonly #server = createServer((request, response) => {
    response.end(request.url?.startsWith('/v1/cluster') === true ? JSON.stringify(cluster()) : this.name)
  })

  constructor(name: string) {
    this.name = name
    this.#server.on('upgrade', (_, socket) => {
      this.accepted += 1
      socket.on('error', () => socket.destroy())
      // Node's HTTP server leaves its side open, and the proxy would count that as a client who is there.
      socket.on('end', () => socket.end())
      socket.on('data', (chunk) => socket.write(chunk))
      socket.write(ACCEPTED)
    })
  }

  async listen(): Promise<void> {
    this.#agent.listen(0, HOST)
    this.#server.listen(0, HOST)
    await Promise.all([once(this.#agent, 'listening'), once(this.#server, 'listening')])
  }

  get port(): number {
    return portOf(this.#server)
  }

  describe(): object {
    const { name, port, headroom } = this
    return {
      ...{ id: `${name}.1`, name, zone: 'a', region: 'bench', state: 'ready', reason: '', heardAgeMs: 0 },
      ...{ internalAddress: `http://${HOST}:${port}`, agentPort: portOf(this.#agent) },
      load: { sessions: 0, maxSessions: SESSIONS, headroom },
    }
  }
}

const nodes: StandInNode[] = []

const portOf = (server: { address(): AddressInfo | string | null }): number =>
  (server.address() as AddressInfo).port

const cluster = (): object => ({
  self: `${nodes[0]?.name}.1`,
  viewAgeMs: 0,
  nodes: nodes.map((node) => node.describe()),
})

async function execute(command: NodesCommand): Promise<NodesAnswer> {
  switch (command.do) {
    case 'start':
      for (let index = 1; index <= command.nodes; index++) nodes.push(new StandInNode(`node-${index}`))
      await Promise.all(nodes.map((node) => node.listen()))
      return { done: 'start', nodes: nodes.map(({ name, port }) => ({ name, port })) }
    case 'headroom': {
      const node = nodes.find(({ name }) => name === command.node)
      if (node === undefined) throw new Error(`there is no ${command.node}`)
      node.headroom = command.percent
      return { done: 'headroom', atMs: nowMs() }
    }
    case 'accepted':
      return {
        done: 'accepted',
        byNode: Object.fromEntries(nodes.map(({ name, accepted }) => [name, accepted])),
      }
  }
}

answerParent(execute)
