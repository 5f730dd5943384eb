import type { Cursor, Event } from '@skein/protocol'

export interface TailEntry {
  readonly origin: string
  readonly seq: number
  /** The event, encoded. */
  readonly json: string
  /** The user whom this event removed: what lies behind it is not for that user. */
  readonly removes: string | undefined
  /** Kept for system logs only: a session acts on what it is sent from them. */
  readonly event: Event | undefined
}

/** The newest events of a live conversation, bounded in number and size, so that most who return cost no query. */
export class EventTail {
  readonly #maxEvents: number
  readonly #maxBytes: number
  #entries: TailEntry[] = []
  #bytes = 0

  constructor(maxEvents: number, maxBytes: number) {
    this.#maxEvents = maxEvents
    this.#maxBytes = maxBytes
  }

  append(entry: TailEntry): void {
    this.#entries.push(entry)
    this.#bytes += entry.json.length
    let drop = 0
    let bytes = this.#bytes
    while (this.#entries.length - drop > this.#maxEvents || bytes > this.#maxBytes) {
      bytes -= this.#entries[drop]?.json.length ?? 0
      drop++
    }
    // Dropping in steps keeps the cost of an append flat.
    if (drop > 0 && (drop >= 16 || this.#entries.length - drop < 16)) {
      this.#entries = this.#entries.slice(drop)
      this.#bytes = bytes
    }
  }

  /** The `missing` entries that come after `cursor`, or undefined when the tail does not reach back that far. */
  after(cursor: Cursor, missing: number): readonly TailEntry[] | undefined {
    if (missing > this.#entries.length) return undefined
    const found = this.#entries.filter((entry) => entry.seq > (cursor[entry.origin] ?? 0))
    // Dense numbering: as many as are missing means that none is.
    return found.length === missing ? found : undefined
  }
}
