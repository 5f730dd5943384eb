import { SUBPROTOCOL } from '@skein/protocol'
import { WebSocket } from 'ws'
import { nowMs } from '../processes/shared-clock.ts'

/** How one handshake went. */
export interface Arrival {
  readonly atMs: number
  /** Until the connection was open; Infinity: it was not. */
  readonly tookMs: number
}

/** Who waits longer has given up. */
const PATIENCE_MS = 8_000

/** Strangers who open a connection and leave, at a steady rate, whether or not they are answered. */
export class Arrivals {
  readonly seen: Arrival[] = []
  readonly #url: string
  readonly #timer: NodeJS.Timeout
  readonly #open = new Set<WebSocket>()

  constructor(url: string, perSecond: number) {
    this.#url = url
    this.#timer = setInterval(() => this.#arrive(), 1_000 / perSecond)
  }

  /** Nobody comes any more, and those who wait leave. */
  stop(): void {
    clearInterval(this.#timer)
    for (const socket of this.#open) socket.terminate()
  }

  between(fromMs: number, untilMs: number): readonly Arrival[] {
    return this.seen.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs)
  }

  #arrive(): void {
    const atMs = nowMs()
    const socket = new WebSocket(this.#url, SUBPROTOCOL, { handshakeTimeout: PATIENCE_MS })
    this.#open.add(socket)
    const saw = (tookMs: number): void => {
      if (!this.#open.delete(socket)) return
      this.seen.push({ atMs, tookMs })
      socket.terminate()
    }
    socket.on('open', () => saw(nowMs() - atMs))
    socket.on('error', () => saw(Infinity))
    socket.on('close', () => saw(Infinity))
  }
}
