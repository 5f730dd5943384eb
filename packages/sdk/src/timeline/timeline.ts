import { messageId, type Event } from '@skein/protocol'
import { comparePlaces } from './order.ts'

const SHOWN: ReadonlySet<string> = new Set(['message', 'create', 'member', 'title'])

/**
 * The committed part of a conversation's timeline: a fold over events that gives the same result
 * whichever their order and however often they come. Where two regions accepted the same message
 * (sender and clientId), the earliest stands and the other is hidden.
 */
export class Timeline {
  #events: Event[] = []
  readonly #byId = new Map<string, Event>()

  get events(): readonly Event[] {
    return this.#events
  }

  get oldest(): Event | undefined {
    return this.#events[0]
  }

  get size(): number {
    return this.#events.length
  }

  has(sender: string, clientId: string): boolean {
    return this.#byId.has(messageId(sender, clientId))
  }

  /** Whether it changed. Kinds that are unknown here are not shown. */
  add(event: Event): boolean {
    if (!SHOWN.has(event.kind)) return false
    const id = messageId(event.sender, event.clientId)
    const held = this.#byId.get(id)
    if (held !== undefined) {
      if (comparePlaces(held, event) <= 0) return false
      this.#events.splice(this.#indexOf(held), 1)
    }
    this.#byId.set(id, event)
    this.#events.splice(this.#indexOf(event), 0, event)
    return true
  }

  /** Keeps the newest; whether something went. */
  trimTo(limit: number): boolean {
    const surplus = this.#events.length - limit
    if (surplus <= 0) return false
    for (const event of this.#events.splice(0, surplus))
      this.#byId.delete(messageId(event.sender, event.clientId))
    return true
  }

  clear(): void {
    this.#events = []
    this.#byId.clear()
  }

  /** Index of the first event that does not stand before `place`; new events nearly always come last. */
  #indexOf(place: Event): number {
    let low = 0
    let high = this.#events.length
    const newest = this.#events[high - 1]
    if (newest === undefined || comparePlaces(newest, place) < 0) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      const event = this.#events[middle]
      if (event !== undefined && comparePlaces(event, place) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
