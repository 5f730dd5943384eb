import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DISPATCH_CONTENT_TYPE, DISPATCH_PATH } from '@skein/protocol'

/** What a mirror of the list does with whoever asks. */
export type MirrorMood =
  /** Answers this text, whatever it is. */
  | { readonly is: 'serving'; readonly text: string }
  /** Passes on what this address answers at /v1/dispatch: a healthy mirror. */
  | { readonly is: 'mirroring'; readonly url: string }
  /** Takes the question and never answers. */
  | { readonly is: 'hanging' }
  /** Begins an answer with this text, and never ends it. */
  | { readonly is: 'stalling'; readonly text: string }
  | { readonly is: 'failing'; readonly status: number; readonly retryAfterSeconds?: number }
  /** Ends the connection without an answer. */
  | { readonly is: 'cutting' }

const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' }

/** A small web server that serves a list of endpoints, or misbehaves as one that is asked for it can. */
export class DispatchMirror {
  /** Until it is told otherwise. */
  mood: MirrorMood
  readonly #server: Server
  #asked = 0

  private constructor(mood: MirrorMood) {
    this.mood = mood
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
  }

  /** @param port 0: any free one */
  static async open(mood: MirrorMood, port = 0): Promise<DispatchMirror> {
    const mirror = new DispatchMirror(mood)
    mirror.#server.listen(port, '127.0.0.1')
    await once(mirror.#server, 'listening')
    return mirror
  }

  /** What clients are given: the list's full address. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${DISPATCH_PATH}`
  }

  /** How often it was asked, whatever it did then. */
  get asked(): number {
    return this.#asked
  }

  /** Ends also those who still wait for an answer. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? '/', 'http://mirror')
    if (pathname !== DISPATCH_PATH) return void response.writeHead(404).end()
    this.#asked++
    const { mood } = this
    switch (mood.is) {
      case 'serving':
        return serve(response, 200, mood.text)
      case 'mirroring': {
        const origin = await fetch(new URL(`${DISPATCH_PATH}${search}`, mood.url))
        return serve(response, origin.status, await origin.text())
      }
      case 'hanging':
        return
      case 'stalling':
        response.writeHead(200, { ...CORS, 'content-type': DISPATCH_CONTENT_TYPE }).write(mood.text)
        return
      case 'failing': {
        const { status, retryAfterSeconds } = mood
        const later = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
        response.writeHead(status, { ...CORS, ...later }).end()
        return
      }
      case 'cutting':
        response.destroy()
    }
  }
}

function serve(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...CORS, 'content-type': DISPATCH_CONTENT_TYPE }).end(text)
}
