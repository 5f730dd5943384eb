import { setTimeout as sleep } from 'node:timers/promises'
import { decodeServerMessage, SUBPROTOCOL } from '@skein/protocol'
import { WebSocket } from 'ws'
import { hasText } from './scan.ts'

export interface LightClientOptions {
  readonly url: string
  readonly token: string
  /** Every message after the handshake, undecoded. */
  onMessage(data: Buffer): void
  onClosed(code: number): void
}

/** A node that has no room for this long is too small for the load that it is put under. */
const ATTEMPTS_MAX = 20

/** The node ended the handshake, and may have said when to come again. */
class TurnedAway extends Error {
  readonly retryAfterMs: number | undefined

  constructor(code: number, retryAfterMs: number | undefined) {
    super(`closed with ${code} before it was live`)
    this.retryAfterMs = retryAfterMs
  }
}

function toldToWait(data: Buffer): number | undefined {
  if (!hasText(data, '"t":"error"')) return undefined
  for (const decoded of decodeServerMessage(data.toString()))
    if (decoded.ok && decoded.frame.t === 'error') return decoded.frame.retryAfterMs
  return undefined
}

/** As little of a client as the protocol allows: handshake, pings when told, raw messages. */
export class LightClient {
  readonly #socket: WebSocket
  #pings = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  /** Resolves when the session is resumed and live; comes again when the node says so. */
  static async connect(options: LightClientOptions): Promise<LightClient> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await LightClient.#attempt(options)
      } catch (error) {
        if (!(error instanceof TurnedAway) || error.retryAfterMs === undefined || attempt === ATTEMPTS_MAX)
          throw error
        await sleep(error.retryAfterMs)
      }
    }
  }

  static #attempt(options: LightClientOptions): Promise<LightClient> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(options.url, SUBPROTOCOL, {
        perMessageDeflate: false,
        skipUTF8Validation: true,
      })
      const client = new LightClient(socket)
      let live = false
      let retryAfterMs: number | undefined
      socket.on('open', () => socket.send(handshake(options.token)))
      socket.on('message', (data: Buffer) => {
        if (live) return options.onMessage(data)
        retryAfterMs = toldToWait(data) ?? retryAfterMs
        if (!hasText(data, '"t":"resumed"')) return
        live = true
        resolve(client)
      })
      socket.on('error', (error) => reject(error))
      socket.on('close', (code) => {
        if (live) options.onClosed(code)
        else reject(new TurnedAway(code, retryAfterMs))
      })
    })
  }

  send(text: string): void {
    this.#socket.send(text)
  }

  ping(): void {
    this.#socket.send(`{"t":"ping","n":${this.#pings++}}`)
  }

  terminate(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.terminate()
  }
}

const handshake = (token: string): string =>
  JSON.stringify([
    { t: 'hello', token, client: 'skein-load' },
    { t: 'resume', cursors: {} },
  ])
