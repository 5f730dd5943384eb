import { joinEncoded, type ServerFrame } from '@skein/protocol'
import type { Connection } from '../gateway/connection.ts'
import { Encoded } from './encoded.ts'
import type { Turn } from './turn.ts'

/** One socket's frames of one turn: own frames share a message, shared messages pass as they are. */
export class Outlet {
  readonly #connection: Connection
  readonly #turn: Turn
  /** Undefined while empty: an idle session keeps no arrays. */
  #messages: Encoded[] | undefined
  #own: string[] | undefined
  #closed = false

  constructor(connection: Connection, turn: Turn) {
    this.#connection = connection
    this.#turn = turn
  }

  /** A frame for this socket alone. */
  frame(frame: ServerFrame): void {
    if (!this.#closed) this.json(JSON.stringify(frame))
  }

  /** The same, encoded already. */
  json(frame: string): void {
    if (this.#closed) return
    this.#begin()
    this.#own ??= []
    this.#own.push(frame)
  }

  /** A message that others get too. */
  shared(message: Encoded): void {
    if (this.#closed) return
    this.#begin()
    this.#endOwn()
    this.#messages ??= []
    this.#messages.push(message)
  }

  flush(): void {
    if (this.#closed) return
    this.#endOwn()
    const messages = this.#messages
    this.#messages = undefined
    if (messages !== undefined) this.#connection.write(messages)
  }

  /** Writes what is there, then closes. */
  close(code: number, reason: string): void {
    if (this.#closed) return
    this.flush()
    this.#closed = true
    this.#connection.close(code, reason)
  }

  /** The connection is gone: nothing goes out any more. */
  abandon(): void {
    this.#closed = true
    this.#messages = undefined
    this.#own = undefined
  }

  #begin(): void {
    if (this.#messages === undefined && this.#own === undefined) this.#turn.writer(this)
  }

  #endOwn(): void {
    if (this.#own === undefined) return
    this.#messages ??= []
    this.#messages.push(new Encoded(joinEncoded(this.#own)))
    this.#own = undefined
  }
}
