import { messageId, type Body, type Event } from '@skein/protocol'
import type { TimelineItem } from '../api.ts'
import { deliveryState, type Outbox } from '../outbox/outbox.ts'
import type { QueueItem } from '../outbox/lane.ts'
import type { ConversationRecord } from './record.ts'

/** What an app sees of a record: committed events, then what still waits in the outbox. */
export class View {
  readonly #user: string
  readonly #outbox: Outbox

  constructor(user: string, outbox: Outbox) {
    this.#user = user
    this.#outbox = outbox
  }

  /** The same array, of the same items, until something changes. */
  timeline(record: ConversationRecord): readonly TimelineItem[] {
    if (record.view !== undefined) return record.view
    const pending = this.#pending(record)
    const items = new Map<string, TimelineItem>()
    for (const event of record.timeline.events) {
      const item = this.#committed(record, event)
      items.set(item.id, item)
    }
    for (const waiting of pending) {
      const item = this.#waiting(record, waiting)
      items.set(item.id, item)
    }
    record.items = items
    record.view = [...items.values()]
    return record.view
  }

  last(record: ConversationRecord): TimelineItem | undefined {
    const pending = this.#pending(record).findLast(({ entry }) => entry.kind === 'message')
    if (pending !== undefined) return this.#waiting(record, pending)
    return record.last && this.#committed(record, record.last)
  }

  /** What is not in the log yet, as far as it was told. */
  #pending(record: ConversationRecord): readonly QueueItem[] {
    return this.#outbox.itemsOf(record.id).filter(({ entry, position }) => {
      if (record.timeline.has(this.#user, entry.clientId)) return false
      return position === undefined || (record.cursor?.[position.origin] ?? 0) < position.seq
    })
  }

  #committed(record: ConversationRecord, event: Event): TimelineItem {
    const own = event.sender === this.#user ? this.#outbox.get(event.clientId) : undefined
    return keep(record, {
      id: messageId(event.sender, event.clientId),
      clientId: event.clientId,
      conversation: record.id,
      sender: event.sender,
      kind: event.kind,
      body: event.body,
      at: event.at,
      state: own?.phase === 'durable' ? 'durable' : 'stable',
      reason: undefined,
      event,
    })
  }

  #waiting(record: ConversationRecord, { entry, phase, reason }: QueueItem): TimelineItem {
    const id = messageId(this.#user, entry.clientId)
    const known = record.items.get(id)
    return keep(record, {
      id,
      clientId: entry.clientId,
      conversation: record.id,
      sender: this.#user,
      kind: entry.kind,
      body: known?.body ?? (JSON.parse(entry.body) as Body),
      at: entry.createdAt,
      state: deliveryState(phase),
      reason,
      event: undefined,
    })
  }
}

/** The item that was there before, where nothing of it changed: lists need not redraw it. */
function keep(record: ConversationRecord, item: TimelineItem): TimelineItem {
  const known = record.items.get(item.id)
  const same = known?.state === item.state && known.event === item.event && known.reason === item.reason
  return same && known !== undefined ? known : item
}
