import type { Connection, ConnectionHandler, Encoded } from '@skein/server'
import type { Transport, TransportListener } from '@skein/sdk'
import type { Random } from '@skein/core'
import type { VirtualTime } from '../virtual-time.ts'
import { Pipe, type LinkWay } from './pipe.ts'

/** How a link looks in both directions. */
export interface Link {
  readonly client: string
  readonly address: string
  readonly up: LinkWay
  readonly down: LinkWay
}

export type Accept = (connection: Connection) => ConnectionHandler

export interface ConnectionHost {
  readonly time: VirtualTime
  readonly random: Random
  /** Who listens at the address now. */
  acceptor(address: string): Accept | undefined
  /** Does it in the node's process: later when that is paused. */
  atNode(address: string, run: () => void): void
  refused(): void
  /** A client message arrived at the node. */
  arrived(connection: SimConnection, text: string): void
  ended(connection: SimConnection): void
}

/** A node answers a close frame within this time, or the connection is closed hard. */
const HARD_CLOSE_MS = 1_000
const FRAME_OVERHEAD_BYTES = 6
const ABNORMAL = 1006

/** One TCP connection with a WebSocket on it: the SDK's `Transport` at one end, the node's `Connection` at the other. */
export class SimConnection implements Transport {
  readonly id: number
  readonly link: Link
  readonly #host: ConnectionHost
  readonly #up: Pipe
  readonly #down: Pipe
  #listener: TransportListener | undefined
  #handler: ConnectionHandler | undefined
  #opened = false
  #serverClosing = false
  #serverEnded = false

  constructor(id: number, link: Link, listener: TransportListener, host: ConnectionHost) {
    this.id = id
    this.link = link
    this.#host = host
    this.#listener = listener
    this.#up = new Pipe(host.time, host.random, link.up)
    this.#down = new Pipe(host.time, host.random, link.down, () =>
      this.#atNode(() => this.#handler?.drained()),
    )
    this.#up.send(0, () => this.#accept())
  }

  get clientOpen(): boolean {
    return this.#listener !== undefined && this.#opened
  }

  /** The way is free again in one direction. */
  unblocked(direction: 'up' | 'down'): void {
    if (direction === 'up') this.#up.unblocked()
    else this.#down.unblocked()
  }

  // The SDK's end.

  send(text: string): void {
    if (this.#listener === undefined) return
    if (!this.#opened)
      return this.#host.time.fail(new Error('the SDK sent on a transport that is not open yet'))
    this.#up.send(text.length + FRAME_OVERHEAD_BYTES, () =>
      this.#atNode(() => {
        if (this.#handler === undefined || this.#serverClosing) return
        this.#host.arrived(this, text)
        this.#handler.message(text)
      }),
    )
  }

  close(code: number, reason: string): void {
    if (this.#listener === undefined) return
    this.#down.kill()
    this.#tellClient(code, reason)
    this.#up.send(0, () => this.#tellServer())
  }

  // The node's end.

  #accept(): void {
    const accept = this.#host.acceptor(this.link.address)
    if (accept === undefined) {
      this.#host.refused()
      this.#down.send(0, () => this.#tellClient(ABNORMAL, 'refused'))
      return
    }
    // The kernel accepts at once, the process when it runs.
    this.#atNode(() => {
      if (this.#serverEnded) return
      this.#down.send(0, () => {
        this.#opened = true
        this.#listener?.opened()
      })
      this.#handler = accept(this.#serverEnd())
    })
  }

  #atNode(run: () => void): void {
    this.#host.atNode(this.link.address, run)
  }

  #serverEnd(): Connection {
    const down = this.#down
    return {
      remote: this.link.client,
      get bufferedBytes() {
        return down.bufferedBytes
      },
      write: (messages) => this.#write(messages),
      close: (code, reason) => this.#closeFromServer(code, reason),
    }
  }

  #write(messages: readonly Encoded[]): void {
    if (this.#serverEnded || this.#serverClosing) return
    for (const { text } of messages)
      this.#down.send(text.length + FRAME_OVERHEAD_BYTES, () => this.#listener?.message(text))
  }

  #closeFromServer(code: number, reason: string): void {
    if (this.#serverClosing) return
    this.#serverClosing = true
    this.#down.send(0, () => {
      this.#tellClient(code, reason)
      this.#up.send(0, () => this.#tellServer())
    })
    this.#host.time.after(HARD_CLOSE_MS, () => this.#tellServer())
  }

  // Faults.

  /** Breaks; what is on its way may be lost. Each side learns it after a while. */
  drop(): void {
    this.#up.cutTail()
    this.#down.cutTail()
    this.#tellLater(50)
  }

  /** Closes in the middle, after everything on its way has arrived. */
  disconnect(): void {
    this.#down.send(0, () => this.#tellClient(ABNORMAL, 'disconnected'))
    this.#up.send(0, () => this.#tellServer())
  }

  /** Both sides think that it is open, and nothing arrives any more. */
  blackHole(): void {
    this.#up.kill()
    this.#down.kill()
  }

  /** The client's side breaks; what it had sent arrives much later, when it is elsewhere already. */
  linger(extraMs: number): void {
    this.#down.kill()
    this.#up.hold(extraMs)
    this.#tellClient(ABNORMAL, 'broken')
    this.#up.send(0, () => this.#tellServer())
  }

  /** The client's process is gone; the node learns it when `told`. */
  clientGone(told: boolean): void {
    this.#listener = undefined
    this.#down.kill()
    if (told) this.#up.send(0, () => this.#tellServer())
    else this.#up.kill()
  }

  /** The node's process is gone; the client learns it when `told`. */
  serverGone(told: boolean): void {
    this.#handler = undefined
    this.#serverEnded = true
    this.#up.kill()
    if (told) {
      this.#down.cutTail()
      this.#tellLater(0)
    } else {
      this.#down.kill()
    }
    this.#host.ended(this)
  }

  #tellLater(serverAfterMs: number): void {
    const { time, random } = this.#host
    time.after(this.link.down.latencyMs + random.next() * 50, () => this.#tellClient(ABNORMAL, 'broken'))
    time.after(serverAfterMs * random.next(), () => this.#tellServer())
  }

  #tellClient(code: number, reason: string): void {
    const listener = this.#listener
    this.#listener = undefined
    if (listener !== undefined) this.#host.time.after(0, () => listener.closed(code, reason))
    this.#endIfBoth()
  }

  #tellServer(): void {
    this.#atNode(() => {
      const handler = this.#handler
      this.#handler = undefined
      this.#serverEnded = true
      if (handler !== undefined) this.#host.time.after(0, () => this.#atNode(() => handler.closed()))
      this.#endIfBoth()
    })
  }

  #endIfBoth(): void {
    if (this.#listener === undefined && this.#handler === undefined) this.#host.ended(this)
  }
}
