import type { Cursor, Event, Send, ServerFrame } from '@skein/protocol'
import { message, ORIGIN, welcome, type FakeConnection, type FakeServer } from './fake-server.ts'
import { ackOf } from './scripted-client.ts'

const HEAD = 3

export interface Line {
  readonly connection: FakeConnection
  /** Said and not yet arrived. */
  readonly waiting: ServerFrame[]
  opened: boolean
  live: boolean
  /** Neither reads nor writes any more, and nobody is told. */
  hangs: boolean
}

/** Two or more nodes on one log, as far as one client of one group can see. Each line moves when the test says so. */
export class ModelServer {
  readonly log: Event[] = []
  readonly #fake: FakeServer
  readonly #lines: Line[] = []

  /** @param fake its first connection is online, with the group's head at 3 */
  constructor(fake: FakeServer) {
    this.#fake = fake
    this.#lines.push({ connection: fake.last, waiting: [], opened: true, live: true, hangs: false })
    fake.last.take('hello')
    fake.last.take('resume')
  }

  get lines(): readonly Line[] {
    const { connections } = this.#fake
    for (const connection of connections.slice(this.#lines.length))
      this.#lines.push({ connection, waiting: [], opened: false, live: false, hangs: false })
    return this.#lines.filter((line) => line.connection.closed === undefined)
  }

  append(sender: string, fields: Partial<Event> = {}): Event {
    const event = message(HEAD + this.log.length + 1, sender, fields)
    this.log.push(event)
    for (const line of this.lines) if (line.live) line.waiting.push(this.#told([event]))
    return event
  }

  /** Reads what has come by a line. */
  read(line: Line): void {
    const { connection } = line
    if (line.hangs) return
    if (!line.opened) {
      line.opened = true
      connection.open()
    }
    if (connection.take('hello').length > 0) line.waiting.push(welcome('ann', { heartbeatMs: 10_000 }))
    for (const { cursors } of connection.take('resume')) {
      line.waiting.push(this.#told(this.#after(cursors['g'])), { t: 'resumed' })
      line.live = true
    }
    for (const send of connection.take('send')) line.waiting.push(this.#commit(send))
    for (const { requestId, conversation, cursor } of connection.take('sync')) {
      const events = conversation === 'g' ? this.#after(cursor) : []
      const upTo = conversation === 'g' ? { [ORIGIN]: HEAD + this.log.length } : cursor
      line.waiting.push({ t: 'syncPage', requestId, conversation, events, cursor: upTo, more: false })
    }
    for (const { n } of connection.take('ping')) line.waiting.push({ t: 'pong', n, at: 1 })
  }

  /** Lets the first `count` frames arrive. */
  deliver(line: Line, count: number): void {
    if (!line.hangs && line.waiting.length > 0) line.connection.say(...line.waiting.splice(0, count))
  }

  migrate(line: Line, withinMs: number): void {
    if (line.live && !line.hangs) line.waiting.push({ t: 'migrate', withinMs, node: 'n2', reason: 'test' })
  }

  /** SEND3, SEND4, SEND8. */
  #commit(send: Send): ServerFrame {
    const { conversation, clientId, after, body } = send
    const known = this.log.find((event) => event.clientId === clientId)
    if (known === undefined && after !== undefined && !this.log.some((event) => event.clientId === after))
      return { t: 'refused', conversation, clientId, code: 'outOfOrder', message: 'not yet' }
    const { seq } = known ?? this.append('ann', { clientId, body })
    return ackOf(send, seq)
  }

  #after(cursor: Cursor | undefined): Event[] {
    return this.log.filter(({ seq }) => seq > (cursor?.[ORIGIN] ?? 0))
  }

  #told(events: Event[]): ServerFrame {
    return { t: 'events', conversation: 'g', events }
  }
}
