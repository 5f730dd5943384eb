import { decodeClientMessage, type ClientFrame, type Event, type ServerFrame } from '@skein/protocol'
import type { TransportFactory, TransportListener } from '../connection/transport.ts'

type Named<T extends ClientFrame['t']> = Extract<ClientFrame, { t: T }>

/** One connection as the server sees it. */
export class FakeConnection {
  readonly url: string
  readonly #listener: TransportListener
  #unread: ClientFrame[] = []
  closed: { readonly code: number; readonly reason: string } | undefined

  constructor(url: string, listener: TransportListener) {
    this.url = url
    this.#listener = listener
  }

  receive(text: string): void {
    for (const decoded of decodeClientMessage(text)) {
      if (!decoded.ok) throw new Error(`the client sent a bad frame: ${decoded.message}`)
      this.#unread.push(decoded.frame)
    }
  }

  open(): void {
    this.#listener.opened()
  }

  /** One message with these frames. */
  say(...frames: readonly ServerFrame[]): void {
    this.#listener.message(JSON.stringify(frames))
  }

  close(code: number, reason = ''): void {
    this.closed ??= { code, reason }
    this.#listener.closed(code, reason)
  }

  /** What came since the last look, of this type; the rest stays. */
  take<T extends ClientFrame['t']>(type: T): Named<T>[] {
    const taken = this.#unread.filter((frame): frame is Named<T> => frame.t === type)
    this.#unread = this.#unread.filter((frame) => frame.t !== type)
    return taken
  }

  /** Opens, welcomes, tells `frames`, and ends the resume. */
  accept(user: string, ...frames: readonly ServerFrame[]): void {
    this.open()
    this.say(welcome(user), ...frames, { t: 'resumed' })
  }
}

/** Stands for a server: the test plays it. */
export class FakeServer {
  readonly connections: FakeConnection[] = []

  readonly transport: TransportFactory = (url, listener) => {
    const connection = new FakeConnection(url, listener)
    this.connections.push(connection)
    return {
      send: (text) => connection.receive(text),
      close: (code, reason) => {
        connection.closed = { code, reason }
      },
    }
  }

  /** The newest connection. */
  get last(): FakeConnection {
    const connection = this.connections.at(-1)
    if (connection === undefined) throw new Error('nobody has connected yet')
    return connection
  }
}

export const ORIGIN = 'local.a1'

export const welcome = (
  user: string,
  fields: { heartbeatMs?: number; lifeMs?: number; node?: string } = {},
): ServerFrame => ({
  t: 'welcome',
  session: 's1',
  app: 'main',
  user,
  node: fields.node ?? 'n1',
  origin: ORIGIN,
  heartbeatMs: fields.heartbeatMs ?? 25_000,
  at: 1_000_000,
  expiresAt: 1_000_000 + (fields.lifeMs ?? 3_600_000),
  revision: 1,
})

const id = (seq: number, sender: string): string =>
  `00000000-0000-7000-8000-${String(seq).padStart(8, '0')}${Buffer.from(sender).toString('hex').slice(0, 4).padEnd(4, '0')}`

/** A message event: the seq gives everything unless told. */
export const message = (seq: number, sender: string, fields: Partial<Event> = {}): Event => ({
  origin: ORIGIN,
  seq,
  hlc: seq * 1024,
  sender,
  clientId: id(seq, sender),
  kind: 'message',
  body: { text: `${sender} ${seq}` },
  count: seq,
  at: seq,
  ...fields,
})
