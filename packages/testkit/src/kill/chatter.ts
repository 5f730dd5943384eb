import type { Random } from '@skein/core'
import { type Client, type Conversation, SdkError } from '@skein/sdk'
import type { HistoryRecorder } from '../history/recorder.ts'

export interface Speaker {
  readonly name: string
  readonly client: Client
  readonly conversations: readonly Conversation[]
}

/** Keeps every speaker talking until stopped: a message every `everyMs` on the average, now and then a burst. */
export class Chatter {
  readonly #recorder: HistoryRecorder
  readonly #random: Random
  readonly #everyMs: number
  #timers = new Set<ReturnType<typeof setTimeout>>()
  #stopped = false
  #said = 0

  constructor(recorder: HistoryRecorder, random: Random, everyMs: number) {
    this.#recorder = recorder
    this.#random = random
    this.#everyMs = everyMs
  }

  get said(): number {
    return this.#said
  }

  begin(speaker: Speaker): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer)
        if (this.#stopped) return
        const burst = this.#random.next() < 0.1 ? 8 : 1
        for (let i = 0; i < burst; i++) this.#speak(speaker)
        this.begin(speaker)
      },
      2 * this.#everyMs * this.#random.next(),
    )
    this.#timers.add(timer)
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #speak({ name, client, conversations }: Speaker): void {
    const conversation = conversations[Math.floor(this.#random.next() * conversations.length)]
    if (conversation === undefined) return
    const body = { text: `${client.user} says ${this.#said}` }
    try {
      this.#recorder.sent(name, client.user, conversation.id, body, conversation.send(body))
      this.#said++
    } catch (error) {
      // The outbox is bounded: while the server is away long enough, there is nothing more to say.
      if (!(error instanceof SdkError && error.reason === 'outboxFull')) throw error
    }
  }
}
