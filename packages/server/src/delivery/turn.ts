import type { Timers } from '@skein/core'
import type { LiveConversation } from './live-conversation.ts'

/** Something that gathered frames for one socket. */
export interface TurnWriter {
  flush(): void
}

/**
 * What happens within one turn of the loop goes out together at its end: first conversations turn
 * their events into frames, then every socket that got something is written once.
 */
export class Turn {
  readonly #timers: Timers
  #conversations = new Set<LiveConversation>()
  #writers: TurnWriter[] = []
  #scheduled = false
  #flushConversation: (live: LiveConversation) => void = () => {}

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** The hub's flush; set once, since hub and turn need each other. */
  onConversation(flush: (live: LiveConversation) => void): void {
    this.#flushConversation = flush
  }

  conversation(live: LiveConversation): void {
    this.#conversations.add(live)
    this.#schedule()
  }

  /** The writer calls once per turn, when its first frame arrives. */
  writer(writer: TurnWriter): void {
    this.#writers.push(writer)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#timers.afterTurn(() => this.#end())
  }

  #end(): void {
    this.#scheduled = false
    const conversations = this.#conversations
    this.#conversations = new Set()
    for (const live of conversations) this.#flushConversation(live)
    const writers = this.#writers
    this.#writers = []
    for (const writer of writers) writer.flush()
  }
}
