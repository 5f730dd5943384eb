import type { Duplex } from 'node:stream'
import type { Cancel, Timers } from '@skein/core'
import { CLOSE, LIMITS } from '@skein/protocol'
import type { Encoded } from '../delivery/encoded.ts'
import type { Logger } from '../observe/logger.ts'
import type { Connection, ConnectionHandler } from './connection.ts'
import { FrameReader, WS_FAULT, type FrameSink, type WsFault } from './frame-reader.ts'
import { closeFrame, frameText, pongFrame, type FrameJoiner } from './ws-frame.ts'

/** A peer that does not answer a close frame is cut off. */
const CLOSE_TIMEOUT_MS = 3_000
/** A peer that pings and does not read gets no more pongs. */
const PONG_MAX_BUFFERED_BYTES = 65_536

/** What all connections of a gateway share, so that none holds closures of its own. */
export interface ConnectionShared {
  readonly joiner: FrameJoiner
  readonly timers: Timers
  readonly logger: Logger
  onFirstMessage(connection: WsConnection): void
  onClosed(connection: WsConnection): void
}

const CONNECTION = Symbol('connection')
/** A socket that knows its connection. */
interface ServedSocket extends Duplex {
  [CONNECTION]?: WsConnection | undefined
}

/**
 * One client after the handshake.
 *
 *   open ── we close, or it cannot be read ──▶ closing ── its close frame, its end, or 3 s ──▶ closed
 *     └──── it closes: its frame is answered ────┘
 */
export class WsConnection implements Connection, FrameSink {
  readonly remote: string
  greeted = false
  readonly #socket: ServedSocket
  readonly #shared: ConnectionShared
  readonly #reader = new FrameReader(LIMITS.messageBytes)
  #handler: ConnectionHandler | undefined
  #state: 'open' | 'closing' | 'closed' = 'open'
  #awaitsDrain = false
  #cancelCloseTimer: Cancel | undefined

  constructor(socket: ServedSocket, remote: string, shared: ConnectionShared) {
    this.#socket = socket
    this.#shared = shared
    this.remote = remote
    socket[CONNECTION] = this
    socket.on('error', onError)
    socket.on('close', onClose)
    socket.on('end', onEnd)
  }

  /** From here on the client is heard. */
  serve(handler: ConnectionHandler): void {
    this.#handler = handler
    this.#socket.on('data', onData)
  }

  write(messages: readonly Encoded[]): void {
    if (messages.length === 0 || this.#state !== 'open') return
    const joined = this.#shared.joiner.join(messages)
    let taken = true
    if (joined !== undefined) taken = this.#socket.write(joined)
    else {
      this.#socket.cork()
      for (const message of messages) taken = this.#socket.write(message.wire(frameText))
      this.#socket.uncork()
    }
    if (!taken && !this.#awaitsDrain) this.#awaitDrain()
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  close(code: number, reason: string): void {
    if (this.#state !== 'open') return
    this.#socket.write(closeFrame(code, reason))
    this.#beginClosing()
  }

  terminate(): void {
    this.#socket.destroy()
  }

  pauseReading(): void {
    this.#socket.pause()
  }

  resumeReading(): void {
    this.#socket.resume()
  }

  // From the reader

  text(text: string): void {
    if (this.#state !== 'open') return
    this.#greet()
    try {
      this.#handler?.message(text)
    } catch (error) {
      this.#bug(error)
    }
  }

  binary(): void {
    if (this.#state === 'open') this.#unreadable('binary')
  }

  ping(payload: Buffer): void {
    if (this.#state === 'open' && this.bufferedBytes <= PONG_MAX_BUFFERED_BYTES)
      this.#socket.write(pongFrame(payload))
  }

  /** The peer's close frame: an answer to ours, or its own wish. */
  peerClosed(code: number | undefined): void {
    if (this.#state === 'open') {
      this.#socket.write(closeFrame(code, ''))
      this.#beginClosing()
    }
    this.#socket.end()
  }

  fault(fault: WsFault): void {
    if (this.#state === 'open') {
      // The node may have something better to say than the code.
      if (fault === WS_FAULT.tooBig) this.#unreadable('tooBig')
      else if (fault === WS_FAULT.notUtf8) this.#unreadable('binary')
      this.close(fault, '')
    }
    // Its answer to the close frame cannot be read any more.
    this.#socket.end()
  }

  // From the socket

  received(chunk: Buffer): void {
    this.#reader.push(chunk, this)
  }

  ended(): void {
    if (this.#state === 'open') this.#beginClosing()
    this.#socket.end()
  }

  closed(): void {
    this.#state = 'closed'
    this.#cancelCloseTimer?.()
    this.#reader.stop()
    this.#shared.onClosed(this)
    try {
      this.#handler?.closed()
    } catch (error) {
      this.#bug(error)
    }
    this.#handler = undefined
  }

  failed(error: Error): void {
    this.#shared.logger.debug({ err: error, remote: this.remote }, 'connection failed')
    this.#socket.destroy()
  }

  #greet(): void {
    if (!this.greeted) this.#shared.onFirstMessage(this)
  }

  #unreadable(why: 'binary' | 'tooBig'): void {
    this.#greet()
    try {
      this.#handler?.unreadable(why)
    } catch (error) {
      this.#bug(error)
    }
  }

  #beginClosing(): void {
    this.#state = 'closing'
    this.#cancelCloseTimer = this.#shared.timers.after(CLOSE_TIMEOUT_MS, () => this.#socket.destroy())
  }

  #awaitDrain(): void {
    this.#awaitsDrain = true
    this.#socket.once('drain', () => {
      this.#awaitsDrain = false
      try {
        this.#handler?.drained()
      } catch (error) {
        this.#bug(error)
      }
    })
  }

  /** A bug met by one client's input closes that client's connection, nobody else's. */
  #bug(error: unknown): void {
    this.#shared.logger.error(
      { err: error, remote: this.remote },
      'a connection was closed by a bug; report it',
    )
    this.close(CLOSE.internal, 'internal error')
  }
}

function onData(this: ServedSocket, chunk: Buffer): void {
  this[CONNECTION]?.received(chunk)
}

function onEnd(this: ServedSocket): void {
  this[CONNECTION]?.ended()
}

function onClose(this: ServedSocket): void {
  const connection = this[CONNECTION]
  this[CONNECTION] = undefined
  connection?.closed()
}

function onError(this: ServedSocket, error: Error): void {
  this[CONNECTION]?.failed(error)
}
