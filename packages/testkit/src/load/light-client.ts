import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeServerMessage, SUBPROTOCOL } from '@skein/protocol'
import { FrameCutter, maskedFrame, payloads } from './light-frames.ts'
import { hasText } from './scan.ts'

export interface LightClientOptions {
  readonly url: string
  readonly token: string
  /** Messages after the handshake, undecoded: as many as came at once, with their WebSocket headers. */
  onMessages(data: Buffer): void
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
  readonly #socket: Socket
  #onClose: () => void = () => {}
  #pings = 0

  private constructor(socket: Socket) {
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
      const { host, hostname, port, pathname } = new URL(options.url)
      const socket = connect({ host: hostname, port: Number(port), noDelay: true })
      const client = new LightClient(socket)
      const cutter = new FrameCutter()
      let state: 'upgrading' | 'beginning' | 'live' = 'upgrading'
      let retryAfterMs: number | undefined
      socket.on('connect', () => socket.write(upgradeRequest(host, pathname)))
      socket.on('data', (chunk) => {
        if (state === 'live') return options.onMessages(cutter.whole(chunk))
        if (state === 'upgrading') {
          // The answer is short, and nothing follows it before we speak.
          if (!hasText(chunk, 'HTTP/1.1 101')) return void socket.destroy(new Error(chunk.toString()))
          state = 'beginning'
          return client.send(handshake(options.token))
        }
        for (const message of payloads(cutter.whole(chunk))) {
          retryAfterMs = toldToWait(message) ?? retryAfterMs
          if (hasText(message, '"t":"resumed"')) state = 'live'
        }
        if (state === 'live') resolve(client)
      })
      socket.on('error', (error) => reject(error))
      client.#onClose = () => {
        if (state === 'live') options.onClosed(cutter.closeCode)
        else reject(new TurnedAway(cutter.closeCode, retryAfterMs))
      }
      socket.on('close', () => client.#onClose())
    })
  }

  /** `text` is ASCII. */
  send(text: string): void {
    this.#socket.write(maskedFrame(text), 'latin1')
  }

  ping(): void {
    this.send(`{"t":"ping","n":${this.#pings++}}`)
  }

  terminate(): void {
    this.#onClose = () => {}
    this.#socket.destroy()
  }
}

/** RFC 6455 section 4.1, with the key of its example. */
const upgradeRequest = (host: string, path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
    '\r\n',
  ].join('\r\n')

const handshake = (token: string): string =>
  JSON.stringify([
    { t: 'hello', token, client: 'skein-load' },
    { t: 'resume', cursors: {} },
  ])
