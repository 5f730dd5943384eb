import type { Random } from '@skein/core'
import type { TransportFactory } from '@skein/sdk'
import type { FaultCount } from '../faults/fault-kinds.ts'
import type { VirtualTime } from '../virtual-time.ts'
import type { LinkWay } from './pipe.ts'
import { SimConnection, type Accept, type ConnectionHost, type Link } from './sim-connection.ts'

const SENT_CLIENT_ID = /"t":"send"[^}]*?"clientId":"([0-9a-f-]{36})"/g

/** Lists name endpoints as clients open them. */
const CONNECT_PATH = '/v1/connect'

export type Direction = 'up' | 'down'
/** Does something in a node's process. */
export type Reach = (run: () => void) => void
/** What stands before the nodes sends a new connection to one of them; `hint` is from the URL. */
export type ChooseNode = (hint: string | undefined) => string

/** All connections between clients and nodes, and everything that can go wrong with them. */
export class SimNetwork implements ConnectionHost {
  readonly time: VirtualTime
  readonly random: Random
  readonly #faults: FaultCount
  readonly #acceptors = new Map<string, Accept>()
  readonly #processes = new Map<string, Reach>()
  readonly #fronts = new Map<string, ChooseNode>()
  readonly #links = new Map<string, Link>()
  /** Nodes that nothing comes from, or goes to. */
  readonly #cutOff = new Map<string, ReadonlySet<Direction>>()
  /** Nodes that are this much further away than they were, in milliseconds. */
  readonly #slow = new Map<string, number>()
  readonly #connections = new Set<SimConnection>()
  /** Per client: which sends reached a node, and over which connection the newest frame came. */
  readonly #reached = new Map<string, { readonly sends: Set<string>; newest: number }>()
  #nextId = 1

  constructor(time: VirtualTime, random: Random, faults: FaultCount) {
    this.time = time
    this.random = random
    this.#faults = faults
  }

  listen(address: string, accept: Accept, reach: Reach = (run) => run()): void {
    this.#acceptors.set(address, accept)
    this.#processes.set(address, reach)
  }

  listens(address: string): boolean {
    return this.#acceptors.has(address)
  }

  /** Clients that connect to this URL come to the node that `choose` says. */
  front(url: string, choose: ChooseNode): void {
    this.#fronts.set(url, choose)
  }

  /** Nobody listens there any more; connections stay. */
  unlisten(address: string): void {
    this.#acceptors.delete(address)
  }

  /** Attempts of clients to connect, so far. */
  get connects(): number {
    return this.#nextId - 1
  }

  /** The node's process is gone. `told`: its machine says so to the clients (a crash); else silence (no power). */
  nodeGone(address: string, told: boolean): void {
    this.unlisten(address)
    this.#processes.delete(address)
    for (const connection of this.connectionsOf({ address })) connection.serverGone(told)
  }

  clientGone(client: string, told: boolean): void {
    for (const connection of this.connectionsOf({ client })) connection.clientGone(told)
  }

  transport(client: string): TransportFactory {
    return (url, listener) => {
      const connection = new SimConnection(
        this.#nextId++,
        this.link(client, this.#addressOf(url)),
        listener,
        this,
      )
      this.#connections.add(connection)
      return connection
    }
  }

  /** Asks whoever is there, by a connection of its own that is no client's: no answer while the way is blocked. */
  probe(client: string, url: string, tell: (answers: boolean) => void): void {
    const address = this.#addressOf(url)
    const { up, down } = this.link(client, address)
    this.time.after(up.latencyMs + down.latencyMs, () => {
      if (up.blocked || down.blocked) return
      if (this.#acceptors.has(address)) this.atNode(address, () => tell(true))
      else tell(false)
    })
  }

  #addressOf(url: string): string {
    const [named = url, query] = url.split('?')
    const base = named.endsWith(CONNECT_PATH) ? named.slice(0, -CONNECT_PATH.length) : named
    const choose = this.#fronts.get(base)
    return choose === undefined ? base : choose(/(?:^|&)node=([^&]*)/.exec(query ?? '')?.[1])
  }

  connectionsOf(of: { readonly client?: string; readonly address?: string }): SimConnection[] {
    return [...this.#connections].filter(
      ({ link }) =>
        (of.client === undefined || link.client === of.client) &&
        (of.address === undefined || link.address === of.address),
    )
  }

  link(client: string, address: string): Link {
    const key = `${client} ${address}`
    const known = this.#links.get(key)
    if (known !== undefined) return known
    const latencyMs = 0.5 + 40 * this.random.next() ** 3
    const way = (direction: Direction): LinkWay => ({
      latencyMs: latencyMs + (this.#slow.get(address) ?? 0),
      jitterMs: latencyMs / 4,
      bytesPerSecond: Infinity,
      blocked: this.#cutOff.get(address)?.has(direction) ?? false,
    })
    const link: Link = { client, address, up: way('up'), down: way('down') }
    this.#links.set(key, link)
    return link
  }

  /** Between this node and all clients nothing gets through in these directions, also of those that come anew. */
  cutOff(address: string, directions: readonly Direction[]): void {
    this.#cutOff.set(address, new Set(directions))
    for (const link of this.#linksTo(address)) for (const direction of directions) this.block(link, direction)
  }

  rejoin(address: string): void {
    const directions = this.#cutOff.get(address) ?? []
    this.#cutOff.delete(address)
    for (const link of this.#linksTo(address))
      for (const direction of directions) this.unblock(link, direction)
  }

  /** The ways between this node and all clients take so much longer, also of those that come anew. */
  slow(address: string, extraMs: number): void {
    this.quicken(address)
    this.#slow.set(address, extraMs)
    this.#stretch(address, extraMs)
  }

  quicken(address: string): void {
    const extraMs = this.#slow.get(address) ?? 0
    this.#slow.delete(address)
    this.#stretch(address, -extraMs)
  }

  #stretch(address: string, byMs: number): void {
    for (const link of this.#linksTo(address)) {
      for (const way of [link.up, link.down]) way.latencyMs = Math.max(0.5, way.latencyMs + byMs)
    }
  }

  #linksTo(address: string): Link[] {
    return [...this.#links.values()].filter((link) => link.address === address)
  }

  block(link: Link, direction: Direction): void {
    link[direction].blocked = true
  }

  unblock(link: Link, direction: Direction): void {
    if (!link[direction].blocked) return
    link[direction].blocked = false
    for (const connection of this.connectionsOf(link)) connection.unblocked(direction)
  }

  /** All links are free, fast and wide again; connections in a black hole stay there until somebody notices. */
  heal(): void {
    this.#cutOff.clear()
    for (const address of [...this.#slow.keys()]) this.quicken(address)
    for (const link of this.#links.values()) {
      for (const direction of ['up', 'down'] as const) {
        link[direction].bytesPerSecond = Infinity
        link[direction].latencyMs = Math.min(link[direction].latencyMs, 40)
        this.unblock(link, direction)
      }
    }
  }

  // What connections ask and tell.

  acceptor(address: string): Accept | undefined {
    return this.#acceptors.get(address)
  }

  atNode(address: string, run: () => void): void {
    const reach = this.#processes.get(address)
    if (reach === undefined) run()
    else reach(run)
  }

  refused(): void {
    this.#faults.add('refusedConnect')
  }

  arrived(connection: SimConnection, text: string): void {
    const { client } = connection.link
    const reached = this.#reached.get(client) ?? { sends: new Set(), newest: 0 }
    this.#reached.set(client, reached)
    let duplicate = false
    for (const [, clientId] of text.matchAll(SENT_CLIENT_ID)) {
      if (clientId === undefined) continue
      duplicate ||= reached.sends.has(clientId)
      reached.sends.add(clientId)
    }
    if (duplicate) this.#faults.add('duplicate')
    if (connection.id < reached.newest) this.#faults.add('reorder')
    reached.newest = Math.max(reached.newest, connection.id)
  }

  ended(connection: SimConnection): void {
    this.#connections.delete(connection)
  }
}
