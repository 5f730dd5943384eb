import type { Cancel, Timers } from '@skein/core'
import type { Bus } from '../bus/bus.ts'

/** How long a conversation stays subscribed after its last follower went: most who go come back at once. */
const LINGER_MS = 2_000

export interface BusSubscriptionsOptions {
  readonly bus: Pick<Bus, 'subscribe' | 'unsubscribe'>
  readonly timers: Timers
  /** From now on hints arrive: what was committed before has to be read. */
  onSubscribed(): void
}

interface Named {
  readonly app: string
  readonly id: string
}

/**
 * Keeps the bus subscribed to the conversations that are live on this node. One that is released stays
 * subscribed for one to two periods, so that sessions that come and go cost the bus nothing.
 */
export class BusSubscriptions {
  readonly #options: BusSubscriptionsOptions
  #released = new Map<string, Named>()
  #releasedEarlier = new Map<string, Named>()
  #cancelSweep: Cancel | undefined

  constructor(options: BusSubscriptionsOptions) {
    this.#options = options
  }

  opened({ app, id }: Named): void {
    const key = `${app}\n${id}`
    if (this.#released.delete(key) || this.#releasedEarlier.delete(key)) return
    void this.#options.bus.subscribe(app, id).then((confirmed) => {
      // Otherwise the bus is not up: all is read when it is.
      if (confirmed) this.#options.onSubscribed()
    })
  }

  released({ app, id }: Named): void {
    this.#released.set(`${app}\n${id}`, { app, id })
    this.#cancelSweep ??= this.#options.timers.after(LINGER_MS, () => this.#sweep())
  }

  stop(): void {
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  #sweep(): void {
    this.#cancelSweep = undefined
    for (const { app, id } of this.#releasedEarlier.values()) this.#options.bus.unsubscribe(app, id)
    this.#releasedEarlier = this.#released
    this.#released = new Map()
    if (this.#releasedEarlier.size > 0)
      this.#cancelSweep = this.#options.timers.after(LINGER_MS, () => this.#sweep())
  }
}
