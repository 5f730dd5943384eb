import { uuidv7, type Cancel, type Runtime } from '@skein/core'
import type { Ack, Cursor, Event, Refused, SendableKind } from '@skein/protocol'
import type { DeliveryState, OutgoingMessage } from '../api.ts'
import { fromServer, messageOf, SdkError, stopped } from '../errors.ts'
import { memoryOutboxStorage } from './memory.ts'
import type { Phase, Position, QueueItem } from './lane.ts'
import { OutboxQueue } from './queue.ts'
import { encodeSend } from './send-frame.ts'
import { Settlements } from './settlements.ts'
import type { HeldOutbox, OutboxEntry, OutboxStorage } from './storage.ts'

/** Not yet stable ones that are kept for a replay in another region; past this the oldest is let go. */
export const DURABLE_LIMIT = 1_000
const ADOPT_EVERY_MS = 15_000

export interface OutboxHooks {
  /** Sends now if there is a live connection. */
  send(frame: string): boolean
  isLive(): boolean
  sendsPending(pending: boolean): void
  changed(item: QueueItem, state: DeliveryState): void
  restored(items: readonly QueueItem[]): void
  removed(conversation: string): void
  /** The event of a message up to there has been seen. */
  hasSeen(conversation: string, position: Position): boolean
  warning(code: string, message: string): void
}

export interface OutboxOptions {
  readonly user: string
  readonly storage: OutboxStorage
  readonly limit: number
  readonly runtime: Runtime
  readonly hooks: OutboxHooks
}

/** Stores before it sends, resends what was not acknowledged, forgets what is stable. */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #queue = new OutboxQueue()
  readonly #settlements = new Settlements()
  #storage: OutboxStorage
  readonly #opened: Promise<HeldOutbox>
  #ready = false
  #stopped = false
  #nextOrder = 1
  #toldUnstable: Record<string, Cursor> = {}
  #retry: Cancel = () => {}
  #adoption: Cancel = () => {}

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#storage = options.storage
    this.#opened = this.#open()
  }

  get kind(): OutboxStorage['kind'] {
    return this.#storage.kind
  }

  itemsOf(conversation: string): readonly QueueItem[] {
    return this.#queue.itemsOf(conversation)
  }

  conversations(): readonly string[] {
    return this.#queue.conversations()
  }

  /** For a resume. */
  unstable(): Record<string, Cursor> {
    this.#toldUnstable = this.#queue.unstable()
    return this.#toldUnstable
  }

  get(clientId: string): QueueItem | undefined {
    return this.#queue.get(clientId)
  }

  /** @param body JSON text */
  add(conversation: string, kind: SendableKind, body: string): OutgoingMessage {
    if (this.#stopped) throw stopped()
    const { limit, runtime } = this.#options
    if (this.#queue.waiting >= limit) {
      const message = `${limit} messages wait unsent: wait for flushed(), or raise outboxLimit`
      throw new SdkError('outboxFull', message, { remedy: 'retry' })
    }
    const clientId = uuidv7(runtime.clock, runtime.random)
    const createdAt = runtime.clock.now()
    const entry = {
      clientId,
      conversation,
      kind,
      body,
      createdAt,
      state: 'queued',
      order: this.#nextOrder++,
    } as const
    this.#queue.add(entry)
    const durable = this.#settlements.wait(clientId)
    this.#tell(clientId)
    void this.#store(entry)
    return { clientId, durable }
  }

  /** After the welcome: everything unacknowledged goes again, in order. */
  welcomed(): void {
    this.#pump()
  }

  lost(): void {
    this.#retry()
    for (const item of this.#queue.disconnected()) this.#changed(item)
    this.#options.hooks.sendsPending(false)
  }

  /** Everything unacknowledged goes again by another connection, after its welcome; the app need not know. */
  moved(): void {
    this.#retry()
    this.#queue.moved()
  }

  movedBack(): void {
    this.moved()
    this.#pump()
  }

  /** What became durable by the connection before, after the new one was told, is not known to the new one. */
  settled(): void {
    this.#queue.askBeyond(this.#toldUnstable)
    this.#pump()
  }

  ack({ clientId, level, origin, seq, hlc }: Ack): void {
    const item = this.#queue.acked(clientId, level, { origin, seq, hlc })
    if (item !== undefined) this.#committed(item)
    this.#pump()
  }

  stable(conversation: string, origin: string, seq: number): void {
    for (const item of this.#queue.stableUpTo(conversation, origin, seq)) this.#committed(item)
  }

  /** An own event came in. */
  seen({ clientId, origin, seq, hlc }: Event): void {
    const item = this.#queue.seen(clientId, { origin, seq, hlc })
    if (item !== undefined) {
      this.#committed(item)
      this.#pump()
    }
  }

  /** The log is held up to there: what was stable before its event came is now in the timeline. */
  passed(conversation: string, { origin, seq }: Event): void {
    const items = this.#queue.itemsOf(conversation)
    if (items.length === 0) return
    const passed = items.filter(
      ({ phase, position }) => phase === 'stable' && position?.origin === origin && position.seq <= seq,
    )
    for (const { entry } of passed) this.#queue.remove(entry.clientId)
  }

  refused({ clientId, code, message, retryAfterMs }: Refused): void {
    const { runtime, hooks } = this.#options
    const nowMs = runtime.clock.monotonicMs()
    const verdict = this.#queue.refused({ clientId, code, retryAfterMs }, nowMs, runtime.random.next())
    if (verdict.is === 'later') for (const item of verdict.requeued) this.#changed(item)
    if (verdict.is === 'failed')
      for (const item of verdict.failed) this.#failed(item, fromServer(code, message))
    if (verdict.is === 'needless') {
      this.#settlements.fail(clientId, fromServer(code, message))
      this.#update((held) => held.remove(clientId))
      hooks.removed(verdict.item.entry.conversation)
    }
    this.#pump()
  }

  /** The membership ended or the log is void: what is stable needs no event any more. */
  forgetStable(conversation: string): void {
    const stable = this.#queue.itemsOf(conversation).filter(({ phase }) => phase === 'stable')
    for (const { entry } of stable) this.#queue.remove(entry.clientId)
  }

  retry(clientId: string): OutgoingMessage | undefined {
    const item = this.#queue.get(clientId)
    if (item?.phase !== 'failed') return undefined
    const { conversation, kind, body } = item.entry
    const again = this.add(conversation, kind, body)
    this.discard(clientId)
    return again
  }

  discard(clientId: string): void {
    const item = this.#queue.get(clientId)
    if (item?.phase !== 'failed') return
    this.#queue.remove(clientId)
    this.#update((held) => held.remove(clientId))
    this.#options.hooks.removed(item.entry.conversation)
  }

  async flushed(): Promise<void> {
    await this.#opened
    await this.#settlements.allSettled(() => this.#queue.waiting === 0)
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#retry()
    this.#adoption()
    this.#settlements.stop(stopped())
    const held = await this.#opened
    await held.release().catch((error: unknown) => this.#warn('outboxStorage', error))
  }

  async #open(): Promise<HeldOutbox> {
    const { user, hooks } = this.#options
    const held = await this.#storage.open(user).catch((error: unknown) => {
      const message = `unsent messages will not survive a reload: ${messageOf(error)}`
      hooks.warning('outboxStorage', message)
      this.#storage = memoryOutboxStorage()
      return this.#storage.open(user)
    })
    this.#restore(held.found)
    this.#ready = true
    this.#adoptLater(held)
    this.#pump()
    return held
  }

  #restore(entries: readonly OutboxEntry[]): void {
    const items = this.#queue.restore(entries)
    for (const { entry } of items) this.#nextOrder = Math.max(this.#nextOrder, entry.order + 1)
    if (items.length > 0) this.#options.hooks.restored(items)
  }

  #adoptLater(held: HeldOutbox): void {
    if (this.#stopped) return
    this.#adoption = this.#options.runtime.timers.after(ADOPT_EVERY_MS, () => {
      const adopted = held.adopt().then((entries) => {
        this.#restore(entries)
        this.#pump()
      })
      adopted
        .catch((error: unknown) => this.#warn('outboxStorage', error))
        .finally(() => this.#adoptLater(held))
        .catch(() => {})
    })
  }

  async #store(entry: OutboxEntry): Promise<void> {
    try {
      const held = await this.#opened
      await held.put(entry)
      this.#queue.stored(entry.clientId)
      this.#pump()
    } catch (error) {
      const reason = new SdkError('storage', `the message could not be stored: ${messageOf(error)}`, {
        cause: error,
      })
      for (const item of this.#queue.fail(entry.clientId, 'storage')) this.#failed(item, reason)
    }
  }

  #pump(): void {
    const { hooks, runtime } = this.#options
    if (!this.#ready || this.#stopped) return
    const expired = new SdkError(
      'expired',
      'the message waited too long to be sent: retry it to send it as a new one',
    )
    for (const item of this.#queue.expire(runtime.clock.now())) this.#failed(item, expired)
    if (!hooks.isLive()) return
    const nowMs = runtime.clock.monotonicMs()
    for (const { entry, after, again } of this.#queue.take(nowMs)) {
      hooks.send(encodeSend(entry, after, this.#queue.afterHlc))
      if (!again) this.#tell(entry.clientId)
    }
    hooks.sendsPending(this.#queue.inFlight > 0)
    this.#retry()
    const retryMs = this.#queue.nextRetryMs(nowMs)
    if (retryMs !== undefined) this.#retry = runtime.timers.after(retryMs - nowMs, () => this.#pump())
  }

  /** It became durable or stable. */
  #committed(item: QueueItem): void {
    const { entry, position, phase } = item
    if (position !== undefined)
      this.#settlements.settle(entry.clientId, { origin: position.origin, seq: position.seq })
    if (phase === 'stable') {
      this.#update((held) => held.remove(entry.clientId))
      if (position === undefined || this.#options.hooks.hasSeen(entry.conversation, position)) {
        this.#queue.remove(entry.clientId)
      }
    } else {
      this.#update((held) => held.put({ ...entry, state: 'durable' }))
      this.#boundDurable()
    }
    this.#changed(item)
  }

  #boundDurable(): void {
    if (this.#queue.durable <= DURABLE_LIMIT) return
    const oldest = this.#queue.oldestDurable()
    if (oldest === undefined) return
    const { clientId, conversation } = oldest.entry
    this.#queue.remove(clientId)
    this.#update((held) => held.remove(clientId))
    this.#options.hooks.removed(conversation)
    const message = `more than ${DURABLE_LIMIT} messages wait to be safe in another region; the oldest is no longer kept here`
    this.#options.hooks.warning('unstableLetGo', message)
  }

  #failed(item: QueueItem, error: SdkError): void {
    const { entry } = item
    const reason = item.reason ?? error.reason
    this.#settlements.fail(entry.clientId, error)
    if (reason !== 'storage') this.#update((held) => held.put({ ...entry, state: 'failed', reason }))
    this.#changed(item)
  }

  /** Storage follows what is known; what it misses costs a needless resend after a reload, nothing else. */
  #update(change: (held: HeldOutbox) => Promise<void>): void {
    if (this.#stopped) return
    this.#opened.then(change).catch((error: unknown) => this.#warn('outboxStorage', error))
  }

  #warn(code: string, error: unknown): void {
    this.#options.hooks.warning(code, messageOf(error))
  }

  #tell(clientId: string): void {
    const item = this.#queue.get(clientId)
    if (item !== undefined) this.#changed(item)
  }

  #changed(item: QueueItem): void {
    this.#options.hooks.changed(item, deliveryState(item.phase))
    this.#settlements.check()
  }
}

export const deliveryState = (phase: Phase): DeliveryState => (phase === 'storing' ? 'queued' : phase)
