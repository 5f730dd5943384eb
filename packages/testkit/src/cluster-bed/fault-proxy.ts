import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

const OPENING_BYTES = 256
/** Beyond, a slow link holds the server back. */
const HELD_CHUNKS = 4_096

/** Two sockets that carry one connection. */
class Pair {
  readonly client: Socket
  #upstream: Socket | undefined
  subscriber = false
  /** The first words of the client, by which a connection is known. */
  opening = ''
  /** What the server said and the client is not told yet, oldest first. */
  readonly held: Buffer[] = []
  heldUntilMs = 0

  constructor(client: Socket) {
    this.client = client
  }

  get upstream(): Socket | undefined {
    return this.#upstream
  }

  join(upstream: Socket): void {
    this.#upstream = upstream
  }

  pause(): void {
    this.client.pause()
    this.#upstream?.pause()
  }

  resume(): void {
    this.client.resume()
    this.#upstream?.resume()
  }

  destroy(): void {
    this.client.destroy()
    this.#upstream?.destroy()
  }
}

/**
 * Passes TCP connections on, and breaks them on demand.
 *
 * - `hang`: nothing passes either way, new connections are taken and stay silent, as in a network
 *   that swallows packets. After `release` what was held arrives, as TCP would send it again.
 * - `cut`: every connection ends at once.
 * - `bytesPerSecond`: a narrow link, which the server sees as a client that hardly reads.
 * - `deaf`: swallows what the server says on connections on which `subscribes` was ever seen.
 * - `slow`: what the server says comes so much later, on connections that began with such words.
 */
export interface Slowness {
  readonly ms: number
  readonly opening: RegExp
}

export class FaultProxy {
  readonly port: number
  readonly #server: Server
  readonly #targetPort: number
  readonly #subscribes: RegExp | undefined
  readonly #pairs = new Set<Pair>()
  #hung = false
  deaf = false
  /** What each connection brings from the server at most; undefined: all it can. */
  bytesPerSecond: number | undefined
  slow: Slowness | undefined

  private constructor(server: Server, targetPort: number, subscribes: RegExp | undefined) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    this.#targetPort = targetPort
    this.#subscribes = subscribes
    server.on('connection', (client: Socket) => this.#accept(client))
  }

  static async open(targetPort: number, subscribes?: RegExp): Promise<FaultProxy> {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FaultProxy(server, targetPort, subscribes)
  }

  get connections(): number {
    return this.#pairs.size
  }

  hang(): void {
    this.#hung = true
    for (const pair of this.#pairs) pair.pause()
  }

  release(): void {
    this.#hung = false
    for (const pair of this.#pairs) {
      if (pair.upstream === undefined) this.#passOn(pair)
      pair.resume()
    }
  }

  cut(): void {
    for (const pair of this.#pairs) pair.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    const pair = new Pair(client)
    this.#pairs.add(pair)
    client.on('error', () => undefined)
    client.on('close', () => {
      this.#pairs.delete(pair)
      pair.upstream?.destroySoon()
    })
    if (this.#hung) return
    this.#passOn(pair)
    pair.resume()
  }

  #passOn(pair: Pair): void {
    const upstream = connect(this.#targetPort, '127.0.0.1')
    const { client } = pair
    pair.join(upstream)
    upstream.on('error', () => client.destroy())
    upstream.on('close', () => this.#afterHeld(pair, () => client.destroySoon()))
    client.on('data', (chunk) => {
      if (pair.opening === '') pair.opening = chunk.toString('latin1', 0, OPENING_BYTES)
      if (this.#subscribes !== undefined) pair.subscriber ||= this.#subscribes.test(chunk.toString('latin1'))
      this.#pump(client, upstream, chunk)
    })
    upstream.on('data', (chunk) => {
      if (pair.subscriber && this.deaf) return
      if (this.#holdsBack(pair)) return this.#hold(pair, chunk)
      this.#pump(upstream, client, chunk)
      if (this.bytesPerSecond !== undefined)
        this.#rest(upstream, (chunk.length / this.bytesPerSecond) * 1_000)
    })
  }

  #holdsBack({ opening, held }: Pair): boolean {
    return held.length > 0 || this.slow?.opening.test(opening) === true
  }

  /** In its order, also when the delay changes meanwhile. */
  #hold(pair: Pair, chunk: Buffer): void {
    const nowMs = performance.now()
    pair.heldUntilMs = Math.max(pair.heldUntilMs, nowMs + (this.slow?.ms ?? 0))
    pair.held.push(chunk)
    if (pair.held.length >= HELD_CHUNKS) pair.upstream?.pause()
    setTimeout(() => {
      const due = pair.held.shift()
      if (due !== undefined && !pair.client.destroyed) pair.client.write(due)
      if (pair.held.length < HELD_CHUNKS && !this.#hung) pair.upstream?.resume()
    }, pair.heldUntilMs - nowMs).unref()
  }

  #afterHeld({ held, heldUntilMs }: Pair, run: () => void): void {
    if (held.length === 0) return run()
    setTimeout(run, heldUntilMs - performance.now() + 1).unref()
  }

  #rest(socket: Socket, ms: number): void {
    socket.pause()
    setTimeout(() => {
      if (!this.#hung) socket.resume()
    }, ms).unref()
  }

  /** Never holds more than a chunk: who does not read slows the other side down. */
  #pump(from: Socket, to: Socket, chunk: Buffer): void {
    if (to.write(chunk)) return
    from.pause()
    to.once('drain', () => {
      if (!this.#hung) from.resume()
    })
  }
}
