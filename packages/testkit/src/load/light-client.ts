import { SUBPROTOCOL } from '@skein/protocol'
import { WebSocket } from 'ws'
import { hasText } from './scan.ts'

export interface LightClientOptions {
  readonly url: string
  readonly token: string
  /** Every message after the handshake, undecoded. */
  onMessage(data: Buffer): void
  onClosed(code: number): void
}

/** As little of a client as the protocol allows: handshake, pings when told, raw messages. */
export class LightClient {
  readonly #socket: WebSocket
  #pings = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  /** Resolves when the session is resumed and live. */
  static connect(options: LightClientOptions): Promise<LightClient> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(options.url, SUBPROTOCOL, {
        perMessageDeflate: false,
        skipUTF8Validation: true,
      })
      const client = new LightClient(socket)
      let live = false
      socket.on('open', () => socket.send(handshake(options.token)))
      socket.on('message', (data: Buffer) => {
        if (live) return options.onMessage(data)
        if (!hasText(data, '"t":"resumed"')) return
        live = true
        resolve(client)
      })
      socket.on('error', (error) => reject(error))
      socket.on('close', (code) => {
        if (live) options.onClosed(code)
        else reject(new Error(`closed with ${code} before it was live`))
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
