import type { Runtime } from '@skein/core'
import { messageOf } from '../errors.ts'
import { FrameWriter } from './frame-writer.ts'
import type { Transport, TransportFactory } from './transport.ts'

export interface LinkListener {
  opened(link: Link): void
  message(link: Link, text: string): void
  wrote(link: Link): void
  /** It ended by itself; not told after `close`. */
  closed(link: Link, code: number, reason: string): void
}

/** One transport, with what waits for the end of the turn to go out by it. Once ended it tells nothing more. */
export class Link {
  readonly url: string
  /** Who answers there, since its welcome. */
  node: string | undefined
  readonly #listener: LinkListener
  readonly #writer: FrameWriter
  #transport: Transport | undefined
  #ended = false

  constructor(url: string, { timers }: Runtime, listener: LinkListener) {
    this.url = url
    this.#listener = listener
    this.#writer = new FrameWriter(timers, (text) => this.write(text))
  }

  get ended(): boolean {
    return this.#ended
  }

  open(factory: TransportFactory): void {
    const whileAlive = (run: () => void): void => {
      if (!this.#ended) run()
    }
    try {
      this.#transport = factory(this.url, {
        opened: () => whileAlive(() => this.#listener.opened(this)),
        message: (text) => whileAlive(() => this.#listener.message(this, text)),
        closed: (code, reason) => this.#closed(code, reason),
      })
    } catch (error) {
      this.#closed(1006, messageOf(error))
    }
  }

  /** With the others of this turn. */
  push(frame: string): void {
    if (!this.#ended) this.#writer.push(frame)
  }

  flush(): void {
    this.#writer.flush()
  }

  /** At once. */
  write(text: string): void {
    if (this.#ended || this.#transport === undefined) return
    try {
      this.#transport.send(text)
    } catch (error) {
      // A socket that refuses to send is closing; its own close event may never come.
      return this.#closed(1006, messageOf(error))
    }
    this.#listener.wrote(this)
  }

  close(code: number, reason: string): void {
    if (this.#ended) return
    this.#end()
    this.#transport?.close(code, reason)
  }

  #closed(code: number, reason: string): void {
    if (this.#ended) return
    this.#end()
    this.#listener.closed(this, code, reason)
  }

  #end(): void {
    this.#ended = true
    this.#writer.clear()
  }
}
