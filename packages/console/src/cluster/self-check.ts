import type { Client, TimelineItem } from '@skein/sdk'
import { addFaults, checkTimeline, NO_FAULTS, type Faults, type Place } from './timeline-check.ts'

export interface CheckResult extends Faults {
  /** Own messages that were acknowledged since this page was loaded. */
  readonly acknowledged: number
}

/** Remembered of each conversation; older ones were looked at often enough. */
const REMEMBERED = 5_000

interface Checked {
  readonly timeline: readonly TimelineItem[]
  readonly acknowledged: number
  readonly faults: Faults
}

/** Holds what this page shows against what the server acknowledged, for as long as the page lives. */
export class SelfCheck {
  readonly #client: Client
  readonly #acknowledged = new Map<string, Map<string, Place | undefined>>()
  readonly #checked = new Map<string, Checked>()
  readonly #unsubscribe: readonly (() => void)[]
  /** Creating what exists already, and the like, is acknowledged and may leave nothing to look for. */
  readonly #notMessages = new Set<string>()
  #count = 0

  constructor(client: Client) {
    this.#client = client
    this.#unsubscribe = [
      client.on('message', ({ conversation, clientId, state }) => {
        const item = this.#itemOf(conversation, clientId)
        if (item !== undefined && item.kind !== 'message') this.#notMessages.add(clientId)
        if (state === 'durable' || state === 'stable') this.#noteAcknowledged(conversation, clientId, item)
      }),
      client.on('event', ({ conversation, event: { clientId, sender, origin, seq } }) => {
        const known = this.#acknowledged.get(conversation)
        if (sender === client.user && known?.has(clientId) === true) known.set(clientId, { origin, seq })
      }),
      // What was there is void, and so are the promises about it.
      client.on('reset', ({ conversation }) => this.#acknowledged.delete(conversation)),
    ]
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
  }

  result(): CheckResult {
    let faults = NO_FAULTS
    for (const { id, timeline } of this.#client.conversations())
      faults = addFaults(faults, this.#faultsOf(id, timeline))
    return { ...faults, acknowledged: this.#count }
  }

  #itemOf(conversation: string, clientId: string): TimelineItem | undefined {
    return this.#client
      .conversation(conversation)
      .timeline.findLast((each) => each.clientId === clientId && each.sender === this.#client.user)
  }

  #noteAcknowledged(conversation: string, clientId: string, item: TimelineItem | undefined): void {
    const known = this.#acknowledged.get(conversation) ?? new Map<string, Place | undefined>()
    this.#acknowledged.set(conversation, known)
    if (known.has(clientId) || this.#notMessages.has(clientId)) return
    const place = item?.event
    known.set(clientId, place && { origin: place.origin, seq: place.seq })
    this.#count += 1
    for (const oldest of known.keys()) {
      if (known.size <= REMEMBERED) break
      known.delete(oldest)
    }
  }

  #faultsOf(id: string, timeline: readonly TimelineItem[]): Faults {
    const acknowledged = this.#acknowledged.get(id) ?? new Map<string, Place | undefined>()
    const before = this.#checked.get(id)
    if (before?.timeline === timeline && before.acknowledged === acknowledged.size) return before.faults
    const faults = checkTimeline(timeline, acknowledged, this.#client.user)
    this.#checked.set(id, { timeline, acknowledged: acknowledged.size, faults })
    return faults
  }
}
