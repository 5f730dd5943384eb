import { assert, type Runtime } from '@skein/core'
import { silentLogger, type Logger } from '../observe/logger.ts'
import type { LogRecord } from '../store/store.ts'
import type {
  Bus,
  BusCounters,
  BusHandlers,
  BusState,
  BusStateChange,
  BusTarget,
  Hint,
  MessageBody,
} from './bus.ts'
import { channelsOf, type Channels } from './channels.ts'
import { Link } from './link.ts'
import { Outgoing } from './outgoing.ts'
import { decodePayload, encodeHint, encodeMessage, MAX_MESSAGE_BYTES } from './payload.ts'
import type { WireDriver } from './wire.ts'

export interface BusOptions {
  /** This node's id, unique in the cluster. */
  readonly node: string
  readonly runtime: Runtime
  readonly logger?: Logger
  /** Clusters that share a server keep apart by it; `skein` unless told. Letters, digits, `_` and `-`. */
  readonly namespace?: string
}

/** How long `stop` waits for what is under way. */
const LAST_WORDS_MS = 500

/**
 * A bus over any wire. What adapters share is here and in its parts: gathering and bounding what goes
 * out (`Outgoing`), staying connected, subscribed and suspicious (`Link`), and sorting what comes in.
 */
export class LinkedBus implements Bus {
  readonly kind
  readonly #node: string
  readonly #driver: WireDriver
  readonly #runtime: Runtime
  readonly #logger: Logger
  readonly #channels: Channels
  readonly #link: Link
  readonly #outgoing: Outgoing
  /** Conversations whose hints are passed on, by `keyOf`. */
  readonly #conversations = new Set<string>()
  #handlers: BusHandlers | undefined
  #received = 0
  #malformed = 0
  #droppedAtOnce = 0

  constructor(options: BusOptions, driver: WireDriver) {
    const { node, runtime, logger = silentLogger, namespace = 'skein' } = options
    assert(
      /^[\w-]{1,32}$/.test(namespace),
      `namespace must be up to 32 letters, digits, _ or -, got ${namespace}`,
    )
    this.kind = driver.kind
    this.#node = node
    this.#driver = driver
    this.#runtime = runtime
    this.#logger = logger
    this.#channels = channelsOf(namespace)
    const own = this.#channels.node(node)
    this.#link = new Link({
      node,
      driver,
      runtime,
      ownChannel: own,
      channels: [own, this.#channels.all, ...(driver.hintChannels === 'one' ? [this.#channels.hints] : [])],
      onPayload: (payload) => this.#take(payload),
      onState: (change) => this.#changed(change),
    })
    this.#outgoing = new Outgoing({
      node,
      timers: runtime.timers,
      maxPayloadBytes: driver.maxPayloadBytes,
      maxInFlight: driver.maxInFlight,
      send: (parcels) => this.#link.publish(parcels),
    })
  }

  get state(): BusState {
    return this.#link.state
  }

  get counters(): BusCounters {
    return {
      published: this.#outgoing.published,
      dropped: this.#outgoing.dropped + this.#droppedAtOnce,
      received: this.#received,
      malformed: this.#malformed,
      losses: this.#link.losses,
      failedAttempts: this.#link.failedAttempts,
    }
  }

  start(handlers: BusHandlers): void {
    assert(this.#handlers === undefined, 'a bus is started once')
    this.#handlers = handlers
    this.#link.start()
  }

  subscribe(app: string, conversation: string): Promise<boolean> {
    this.#conversations.add(keyOf(app, conversation))
    if (this.#driver.hintChannels === 'one') return Promise.resolve(this.state === 'up')
    return this.#link.subscribe(this.#channels.conversation(app, conversation))
  }

  unsubscribe(app: string, conversation: string): void {
    this.#conversations.delete(keyOf(app, conversation))
    if (this.#driver.hintChannels === 'one') return
    this.#link.unsubscribe(this.#channels.conversation(app, conversation))
  }

  publish(records: readonly LogRecord[]): void {
    if (this.state !== 'up') {
      this.#droppedAtOnce += records.length
      return
    }
    for (const record of records)
      this.#outgoing.hint(this.#hintChannel(record.app, record.conversation), encodeHint(record))
  }

  send(target: BusTarget, body: MessageBody): boolean {
    const payload = encodeMessage(this.#node, target, body)
    if (this.state !== 'up' || Buffer.byteLength(payload) > MAX_MESSAGE_BYTES) {
      this.#droppedAtOnce++
      return false
    }
    return this.#outgoing.message(this.#channelOf(target), payload, target.to === 'conversation')
  }

  /** What was said before is still sent, if that is quick: a node that leaves says so on the bus. */
  async stop(): Promise<void> {
    const { timers } = this.#runtime
    if (this.state === 'up') {
      await new Promise<void>((resolve) => {
        const cancel = timers.after(LAST_WORDS_MS, resolve)
        void this.#outgoing.idle().then(cancel).then(resolve)
      })
    }
    this.#link.stop()
  }

  #hintChannel(app: string, conversation: string): string {
    return this.#driver.hintChannels === 'one'
      ? this.#channels.hints
      : this.#channels.conversation(app, conversation)
  }

  #channelOf(target: BusTarget): string {
    switch (target.to) {
      case 'all':
        return this.#channels.all
      case 'node':
        return this.#channels.node(target.node)
      case 'conversation':
        return this.#hintChannel(target.app, target.conversation)
    }
  }

  #take(text: string): void {
    const payload = decodePayload(text)
    switch (payload?.kind) {
      case undefined:
        this.#malformed++
        return
      case 'beat':
        if (payload.from === this.#node) this.#link.heard(payload.link, payload.beat)
        return
      case 'hints':
        if (payload.from !== this.#node) this.#hints(payload.hints)
        return
      case 'message':
        if (!this.#isForUs(payload.message.from, payload.message.target)) return
        this.#received++
        this.#handle((handlers) => handlers.onMessage(payload.message))
    }
  }

  #hints(hints: readonly Hint[]): void {
    const ours = hints.filter(({ app, conversation }) => this.#conversations.has(keyOf(app, conversation)))
    if (ours.length === 0) return
    this.#received += ours.length
    this.#handle((handlers) => handlers.onHints(ours))
  }

  #isForUs(from: string, target: BusTarget): boolean {
    switch (target.to) {
      case 'all':
        return from !== this.#node
      case 'node':
        return target.node === this.#node
      case 'conversation':
        return from !== this.#node && this.#conversations.has(keyOf(target.app, target.conversation))
    }
  }

  #changed(change: BusStateChange): void {
    if (change.state === 'down') this.#outgoing.clear()
    if (change.state === 'up') this.#logger.info({ bus: this.kind }, 'the bus is up')
    else if (change.reason !== 'stopped')
      this.#logger.warn({ bus: this.kind, reason: change.reason, error: change.message }, 'the bus is down')
    this.#handle((handlers) => handlers.onState(change))
  }

  /** A handler that throws is a bug of its own; it does not take the connection with it. */
  #handle(call: (handlers: BusHandlers) => void): void {
    if (this.#handlers === undefined) return
    try {
      call(this.#handlers)
    } catch (error) {
      this.#logger.error(
        { err: error },
        'handling what the bus brought failed: this is a bug, please report it',
      )
    }
  }
}

const keyOf = (app: string, conversation: string): string => `${app}\n${conversation}`
