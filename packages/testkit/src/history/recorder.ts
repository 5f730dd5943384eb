import type { Body, Cursor } from '@skein/protocol'
import type { Client, Conversation, OutgoingMessage } from '@skein/sdk'
import type { ClientRecord, Delivery, SendRecord, TimelineRecord } from './history.ts'
import type { StatusChange } from './service.ts'

/** Heads of a conversation in the store now, where that can be told at once (the simulator). */
export type HeadsNow = (conversation: string) => Cursor

interface ClientNotes {
  readonly name: string
  readonly user: string
  readonly deliveries: Delivery[]
  readonly mustSeeAfter: Record<string, Cursor>
  onlineAtEnd: boolean
  joined: readonly string[]
  readonly openedAtMs?: number
  closedAtMs?: number
  readonly statuses?: StatusChange[]
}

type SendNotes = { -readonly [Field in keyof SendRecord]: SendRecord[Field] }

/** Writes down what SDK clients do and are told; `finish` turns it into the clients' part of a `History`. */
export class HistoryRecorder {
  readonly #clients = new Map<string, ClientNotes>()
  readonly #sends = new Map<string, SendNotes>()
  readonly #headsNow: HeadsNow | undefined
  readonly #nowMs: (() => number) | undefined

  /** @param nowMs of a clock that is right and never jumps, where times are to be judged too */
  constructor(headsNow?: HeadsNow, nowMs?: () => number) {
    this.#headsNow = headsNow
    this.#nowMs = nowMs
  }

  /** `name` is new for every SDK instance: it stands for its outbox. */
  attach(client: Client, name: string): void {
    const notes: ClientNotes = {
      name,
      user: client.user,
      deliveries: [],
      mustSeeAfter: {},
      onlineAtEnd: false,
      joined: [],
      ...(this.#nowMs !== undefined && { openedAtMs: this.#nowMs(), statuses: [] }),
    }
    this.#clients.set(name, notes)
    client.on('event', (delivery) => {
      notes.deliveries.push({
        type: 'event',
        ...delivery,
        ...(this.#nowMs !== undefined && { atMs: this.#nowMs() }),
      })
    })
    client.on('connection', ({ state }) => {
      if (this.#nowMs !== undefined) notes.statuses?.push({ atMs: this.#nowMs(), state })
    })
    client.on('reset', ({ conversation }) => {
      notes.deliveries.push({ type: 'reset', conversation })
      // A reset of the user's log makes all begin anew, those of which nothing was held yet included.
      for (const id of Object.keys(notes.mustSeeAfter)) delete notes.mustSeeAfter[id]
    })
    client.on('conversations', (conversations) => {
      // Offline a conversation may be known from the outbox alone.
      if (client.connection.state === 'online') this.#noteHeads(notes, conversations)
    })
    client.on('message', ({ clientId, state, reason }) => {
      const send = this.#sends.get(clientId)
      if (send === undefined) return
      if (state === 'durable' || state === 'stable') send.acked = true
      if (state === 'failed') send.failed = reason ?? 'unknown'
    })
  }

  #noteHeads(notes: ClientNotes, conversations: readonly Conversation[]): void {
    if (this.#headsNow === undefined) return
    for (const { id, joined } of conversations) {
      if (joined && !(id in notes.mustSeeAfter)) notes.mustSeeAfter[id] = this.#headsNow(id)
    }
  }

  /** Call with what `send` and its like returned. `body` is what was asked to be logged. */
  sent(client: string, sender: string, conversation: string, body: Body, message: OutgoingMessage): void {
    const send: SendNotes = {
      client,
      conversation,
      sender,
      clientId: message.clientId,
      body: JSON.stringify(body),
      order: this.#sends.size,
      acked: false,
      abandoned: false,
    }
    this.#sends.set(message.clientId, send)
    message.durable.then(
      (position) => {
        send.acked = true
        send.position = position
      },
      (error: unknown) => {
        send.failed ??= error instanceof Error && 'reason' in error ? String(error.reason) : 'unknown'
      },
    )
  }

  /** The instance is gone: of what it had sent, these messages stand in no outbox, so that nobody sends them on. */
  abandon(client: string, isLost: (clientId: string) => boolean): void {
    const notes = this.#clients.get(client)
    if (notes !== undefined && this.#nowMs !== undefined) notes.closedAtMs = this.#nowMs()
    for (const send of this.#sends.values()) {
      if (send.client === client && isLost(send.clientId)) send.abandoned = true
    }
  }

  /** Sends whose fate is still open. */
  unsettled(): number {
    let count = 0
    for (const send of this.#sends.values())
      if (!send.acked && send.failed === undefined && !send.abandoned) count++
    return count
  }

  /** The instance lives and is online when the run ends, and says that it is in these conversations. */
  onlineAtEnd(client: string, joined: readonly string[]): void {
    const notes = this.#clients.get(client)
    if (notes === undefined) return
    notes.onlineAtEnd = true
    notes.joined = joined
  }

  finish(): { readonly clients: readonly ClientRecord[]; readonly sends: readonly SendRecord[] } {
    return { clients: [...this.#clients.values()], sends: [...this.#sends.values()] }
  }
}

/** Pages a conversation back to its beginning; gives up after `maxPages`. */
export async function readWholeTimeline(
  client: Client,
  name: string,
  conversation: Conversation,
  maxPages = 1_000,
): Promise<TimelineRecord> {
  await conversation.open()
  for (let page = 0; page < maxPages; page++) if (!(await conversation.loadOlder(200))) break
  return {
    reader: name,
    user: client.user,
    conversation: conversation.id,
    events: conversation.timeline.flatMap((item) => item.event ?? []),
  }
}
