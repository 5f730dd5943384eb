import type { WebSocketClass } from '@skein/sdk'
import { WebSocket } from 'ws'

/** One read of the socket (64 KiB) that often: an overloaded phone. */
const SIP_EVERY_MS = 100

/** The sockets of a session whose reading can be throttled. */
export class SlowReader {
  readonly #sockets = new Set<WebSocket>()
  #sipping: ReturnType<typeof setInterval> | undefined

  /** The class of WebSocket for this session. */
  socketClass(): WebSocketClass {
    const sockets = this.#sockets
    return class extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols)
        sockets.add(this)
        this.once('close', () => sockets.delete(this))
      }
    }
  }

  slow(): void {
    this.#sipping ??= setInterval(() => this.#sip(), SIP_EVERY_MS)
    for (const socket of this.#sockets) socket.pause()
  }

  recover(): void {
    clearInterval(this.#sipping)
    this.#sipping = undefined
    for (const socket of this.#sockets) socket.resume()
  }

  #sip(): void {
    for (const socket of this.#sockets) {
      if (!socket.isPaused) {
        socket.pause()
        continue
      }
      socket.resume()
      setImmediate(() => this.#sipping !== undefined && socket.pause())
    }
  }
}
