import type { Event } from '@skein/protocol'
import type { ClientRecord, Violation } from './history.ts'
import { idOf, positionKey, sameEvent, type ConversationLog, type LogIndex } from './log-index.ts'

/** What each client told its app: every event once (P2), in order (P3), without a gap and within its visibility (P4). */
export function checkDeliveries(clients: readonly ClientRecord[], index: LogIndex): Violation[] {
  return clients.flatMap((client) => {
    const conversations = new Set([
      ...client.deliveries.map((delivery) => delivery.conversation),
      ...Object.keys(client.mustSeeAfter),
    ])
    return [...conversations].flatMap((conversation) => new DeliveryCheck(client, conversation, index).run())
  })
}

/** One client and one conversation. */
class DeliveryCheck {
  readonly #client: ClientRecord
  readonly #conversation: string
  readonly #index: LogIndex
  readonly #log: ConversationLog | undefined
  readonly #ids = new Set<string>()
  readonly #violations: Violation[] = []
  /** Index of the event up to which everything was delivered; undefined while that is not known. */
  #upTo: number | undefined

  constructor(client: ClientRecord, conversation: string, index: LogIndex) {
    this.#client = client
    this.#conversation = conversation
    this.#index = index
    this.#log = index.conversations.get(conversation)
    const from = client.mustSeeAfter[conversation]
    this.#upTo = from === undefined ? undefined : this.#log?.indexOfCursor(from)
  }

  run(): Violation[] {
    let first = true
    for (const delivery of this.#client.deliveries) {
      if (delivery.conversation !== this.#conversation) continue
      if (delivery.type === 'reset') this.#reset()
      else this.#event(delivery.event, first)
      first = false
    }
    if (this.#client.onlineAtEnd && this.#upTo !== undefined) this.#gap(this.#upTo, Infinity)
    return this.#violations
  }

  /** What was held is void: where the client goes on shows with the next event. */
  #reset(): void {
    this.#upTo = undefined
  }

  #event(event: Event, first: boolean): void {
    const lost = this.#index.lostPositions.has(`${this.#conversation} ${positionKey(event)}`)
    if (this.#ids.has(idOf(event)) && !this.#index.lostIds.has(`${this.#conversation} ${idOf(event)}`)) {
      this.#say('P2', 'deliveredTwice', `${idOf(event)} was delivered twice`)
      return
    }
    this.#ids.add(idOf(event))
    const at = this.#log?.indexByPosition.get(positionKey(event))
    const logged = at === undefined ? undefined : this.#log?.ordered[at]
    if (at === undefined || logged === undefined) {
      if (!lost) this.#say('P4', 'notInLog', `${positionKey(event)} is not in the log`)
      return
    }
    if (!sameEvent(logged, event)) this.#say('P1', 'altered', `${positionKey(event)} differs from the log`)
    if (this.#log?.isVisibleTo(this.#client.user, at) !== true)
      this.#say('P4', 'outsideVisibility', `${positionKey(event)} is not for this user`)
    if (this.#upTo === undefined || (first && at <= this.#upTo)) this.#upTo = at
    else if (at <= this.#upTo)
      this.#say('P3', 'deliveryOrder', `${positionKey(event)} came after index ${this.#upTo}`)
    else {
      this.#gap(this.#upTo, at)
      this.#upTo = at
    }
  }

  #gap(after: number, before: number): void {
    for (const event of this.#log?.visibleBetween(this.#client.user, after, before) ?? []) {
      this.#say('P4', 'gap', `${positionKey(event)} was never delivered`)
    }
  }

  #say(promise: Violation['promise'], rule: string, message: string): void {
    this.#violations.push({
      promise,
      rule,
      message: `${this.#conversation}: ${this.#client.name}: ${message}`,
    })
  }
}
