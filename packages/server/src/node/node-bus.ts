import type { Bus, BusStateChange, Hint, NodeMessage } from '../bus/bus.ts'
import { recordOf } from '../bus/bus.ts'
import type { Hub } from '../delivery/hub.ts'
import type { Typing } from '../delivery/typing.ts'
import type { TailReader } from '../log/tail-reader.ts'
import type { LogRecord, TailPage } from '../store/store.ts'

export interface NodeBusOptions {
  readonly bus: Pick<Bus, 'start' | 'publish'>
  readonly hub: Pick<Hub, 'publish' | 'heads'>
  readonly tail: Pick<TailReader, 'hurry' | 'poke'>
  readonly typing: Pick<Typing, 'hear'>
  readonly hasPeers: () => boolean
  /** The incarnation of the log as this node knows it, looked up now. */
  readonly origin: () => string
  readonly onMessage: (message: NodeMessage) => void
}

/** The node's side of the bus: hints in and out, typing, and reading the log more often while the bus is away. */
export class NodeBus {
  readonly #options: NodeBusOptions

  constructor(options: NodeBusOptions) {
    this.#options = options
  }

  start(): void {
    this.#options.bus.start({
      onHints: (hints) => this.#take(hints),
      onMessage: (message) => {
        if (!this.#options.typing.hear(message)) this.#options.onMessage(message)
      },
      onState: (change) => this.#changed(change),
    })
  }

  /** Tells the others what this node committed. */
  publish(records: readonly LogRecord[]): void {
    if (this.#options.hasPeers()) this.#options.bus.publish(records)
  }

  #take(hints: readonly Hint[]): void {
    const { hub, origin } = this.#options
    const known = origin()
    const records: LogRecord[] = []
    const heads: TailPage['heads'][number][] = []
    for (const hint of hints) {
      // A node that slept through a fail-over may tell what was lost in it: then the log decides.
      const record = hint.origin === known ? recordOf(hint) : undefined
      if (record === undefined) heads.push(hint)
      else records.push(record)
    }
    if (records.length > 0) hub.publish(records)
    if (heads.length > 0) hub.heads(heads)
  }

  /** What was said while a bus was away, or before it was known to be, stands in the log. */
  #changed({ state }: BusStateChange): void {
    this.#options.tail.hurry(state === 'down')
    this.#options.tail.poke()
  }
}
