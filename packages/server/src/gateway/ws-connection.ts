import type { Duplex } from 'node:stream'
import { CLOSE } from '@skein/protocol'
import { WebSocket, type RawData } from 'ws'
import type { Encoded } from '../delivery/encoded.ts'
import type { Logger } from '../observe/logger.ts'
import type { Connection, ConnectionHandler } from './connection.ts'
import type { FrameJoiner } from './ws-frame.ts'

/** Close codes that `ws` chooses by itself when it cannot read (RFC 6455 section 7.4.1). */
const WS_TOO_BIG = 1009
const WS_NOT_UTF8 = 1007
/** The payload of a close frame has 125 bytes, two of them the code. */
const CLOSE_REASON_MAX_BYTES = 123

/** What all connections of a gateway share, so that none holds closures of its own. */
export interface ConnectionShared {
  readonly joiner: FrameJoiner
  readonly logger: Logger
  onFirstMessage(connection: WsConnection): void
  onClosed(connection: WsConnection): void
}

/** A `ws` socket that knows its connection, and lets it answer before `ws` closes on unreadable input. */
export class ClientSocket extends WebSocket {
  connection: WsConnection | undefined

  override close(code?: number, reason?: string | Buffer): void {
    if (code === WS_TOO_BIG) this.connection?.unreadable('tooBig')
    else if (code === WS_NOT_UTF8) this.connection?.unreadable('binary')
    if (this.readyState === WebSocket.OPEN) super.close(code, reason)
  }
}

/**
 * One client. Incoming frames are read by `ws`. Outgoing ones are written to the raw socket, framed
 * once for all receivers; `ws` itself writes only pongs and the close frame there, in whole frames.
 */
export class WsConnection implements Connection {
  readonly remote: string
  greeted = false
  readonly #ws: ClientSocket
  readonly #socket: Duplex
  readonly #shared: ConnectionShared
  #handler: ConnectionHandler | undefined
  #awaitsDrain = false

  constructor(ws: ClientSocket, socket: Duplex, remote: string, shared: ConnectionShared) {
    this.#ws = ws
    this.#socket = socket
    this.#shared = shared
    this.remote = remote
    ws.connection = this
    ws.on('message', onMessage)
    ws.on('close', onClose)
    ws.on('error', onError)
  }

  serve(handler: ConnectionHandler): void {
    this.#handler = handler
  }

  write(messages: readonly Encoded[]): void {
    if (messages.length === 0 || this.#ws.readyState !== WebSocket.OPEN) return
    const buffers = this.#shared.joiner.join(messages)
    if (buffers.length > 1) this.#socket.cork()
    let taken = true
    for (const buffer of buffers) taken = this.#socket.write(buffer)
    if (buffers.length > 1) this.#socket.uncork()
    if (!taken && !this.#awaitsDrain) this.#awaitDrain()
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, truncateUtf8(reason, CLOSE_REASON_MAX_BYTES))
  }

  terminate(): void {
    this.#ws.terminate()
  }

  message(data: RawData, isBinary: boolean): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return
    if (!this.greeted) this.#shared.onFirstMessage(this)
    this.#guarded(() =>
      isBinary ? this.#handler?.unreadable('binary') : this.#handler?.message(textOf(data)),
    )
  }

  unreadable(why: 'binary' | 'tooBig'): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#guarded(() => this.#handler?.unreadable(why))
  }

  closed(): void {
    this.#shared.onClosed(this)
    this.#guarded(() => this.#handler?.closed())
    this.#handler = undefined
  }

  logError(error: Error): void {
    this.#shared.logger.debug({ err: error, remote: this.remote }, 'connection failed')
  }

  #awaitDrain(): void {
    this.#awaitsDrain = true
    this.#socket.once('drain', () => {
      this.#awaitsDrain = false
      this.#guarded(() => this.#handler?.drained())
    })
  }

  /** A bug met by one client's input closes that client's connection, nobody else's. */
  #guarded(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#shared.logger.error(
        { err: error, remote: this.remote },
        'a connection was closed by a bug; report it',
      )
      this.close(CLOSE.internal, 'internal error')
    }
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  if (this instanceof ClientSocket) this.connection?.message(data, isBinary)
}

function onClose(this: WebSocket): void {
  if (!(this instanceof ClientSocket)) return
  const { connection } = this
  this.connection = undefined
  connection?.closed()
}

/** `ws` closes by itself after an error; the close event follows. */
function onError(this: WebSocket, error: Error): void {
  if (this instanceof ClientSocket) this.connection?.logError(error)
}

const textOf = (data: RawData): string =>
  Array.isArray(data)
    ? Buffer.concat(data).toString()
    : Buffer.isBuffer(data)
      ? data.toString()
      : Buffer.from(data).toString()

/** Cuts between characters, so that the reason stays valid UTF-8. */
export function truncateUtf8(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  let cut = ''
  let bytes = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    cut += character
  }
  return cut
}
