import type { Timers } from '@skein/core'
import type { ConversationRecord } from './conversation/record.ts'

export interface Changed {
  readonly list: boolean
  readonly timelines: readonly ConversationRecord[]
}

/** Gathers what changed in a turn, so that a batch of events redraws a list once. */
export class Changes {
  readonly #timers: Timers
  readonly #tell: (changed: Changed) => void
  readonly #invalidate: () => void
  readonly #timelines = new Set<ConversationRecord>()
  #list = false
  #scheduled = false

  /** @param invalidate called at once, `tell` when the turn has ended */
  constructor(timers: Timers, invalidate: () => void, tell: (changed: Changed) => void) {
    this.#timers = timers
    this.#invalidate = invalidate
    this.#tell = tell
  }

  /** The list, its order, an unread count or a preview. */
  list(): void {
    this.#invalidate()
    this.#list = true
    this.#schedule()
  }

  timeline(record: ConversationRecord): void {
    record.view = undefined
    this.#timelines.add(record)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#timers.afterTurn(() => {
      this.#scheduled = false
      const changed = { list: this.#list, timelines: [...this.#timelines] }
      this.#list = false
      this.#timelines.clear()
      this.#tell(changed)
    })
  }
}
