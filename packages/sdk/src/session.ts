import { unreachable, uuidv7, type Runtime } from '@skein/core'
import type { Event, Resume, ServerFrame } from '@skein/protocol'
import type { ClientEvents, ClientOptions, ConnectionStatus, Conversation, DeliveryState } from './api.ts'
import { Changes, type Changed } from './changes.ts'
import { Connection, type ConnectionUser } from './connection/connection.ts'
import { webSocketTransport } from './connection/web-socket.ts'
import { CatchUp } from './conversation/catch-up.ts'
import { Creation } from './conversation/creation.ts'
import { ConversationHandle } from './conversation/handle.ts'
import { History } from './conversation/history.ts'
import { ReadMarker } from './conversation/read-marker.ts'
import type { ConversationRecord } from './conversation/record.ts'
import { buildResume } from './conversation/resume.ts'
import { ConversationStore } from './conversation/store.ts'
import { Typing } from './conversation/typing.ts'
import { View } from './conversation/view.ts'
import { Dispatcher } from './dispatch/dispatcher.ts'
import { Emitter } from './emitter.ts'
import { messageOf, SdkError } from './errors.ts'
import { defaultOutboxStorage } from './outbox/default-storage.ts'
import { Outbox } from './outbox/outbox.ts'
import type { QueueItem } from './outbox/lane.ts'
import { Requests } from './requests.ts'
import { webRuntime } from './platform/runtime.ts'

const OUTBOX_LIMIT = 1_000

/** The parts of a client, put together, and the way of each frame to its part. */
export class Session implements ConnectionUser {
  readonly user: string
  readonly runtime: Runtime
  readonly emitter: Emitter<ClientEvents>
  readonly connection: Connection
  readonly requests: Requests
  readonly store: ConversationStore
  readonly outbox: Outbox
  readonly creation: Creation
  readonly history: History
  readonly typing: Typing
  readonly readMarker: ReadMarker
  readonly view: View
  readonly changes: Changes
  readonly #catchUp: CatchUp
  readonly #dispatcher: Dispatcher | undefined = undefined
  readonly #handles = new WeakMap<ConversationRecord, Conversation>()
  #list: readonly Conversation[] | undefined

  constructor(options: ClientOptions) {
    const runtime = options.runtime ?? webRuntime()
    const { url = [], dispatch } = options
    const urls = typeof url === 'string' ? [url] : url
    if (urls.length === 0 && dispatch === undefined) {
      throw new SdkError('invalid', 'url: name at least one, or a `dispatch` to ask', { remedy: 'fix' })
    }
    this.user = options.user
    this.runtime = runtime
    this.emitter = new Emitter((name, error) => this.#listenerFailed(name, error))
    const invalidate = (): void => {
      this.#list = undefined
    }
    this.changes = new Changes(runtime.timers, invalidate, (changed) => this.#tell(changed))
    this.connection = new Connection({
      urls: dispatch === undefined ? urls : [],
      instance: uuidv7(runtime.clock, runtime.random),
      token: options.token,
      transport: options.transport ?? webSocketTransport(),
      runtime,
      user: this,
    })
    if (dispatch !== undefined) {
      this.#dispatcher = new Dispatcher({
        dispatch,
        fallback: urls,
        key: options.user,
        runtime,
        connection: this.connection,
        warning: (code, message) => this.emitter.emit('warning', { code, message }),
      })
    }
    const send = this.connection.send.bind(this.connection)
    this.requests = new Requests(runtime, send)
    this.store = this.#newStore()
    this.#catchUp = new CatchUp(this.requests, runtime, this.store)
    this.typing = new Typing(options.user, runtime, send, (conversation, users) =>
      this.emitter.emit('typing', { conversation, users }),
    )
    this.readMarker = new ReadMarker(runtime, send)
    this.outbox = this.#newOutbox(options)
    this.view = new View(options.user, this.outbox)
    this.creation = new Creation({
      user: options.user,
      runtime,
      store: this.store,
      outbox: this.outbox,
      requests: this.requests,
      created: (record) => this.#changed(record),
    })
    this.history = new History(this.requests, this.store, (record) => this.creation.exists(record))
  }

  start(): void {
    this.connection.start()
    this.#dispatcher?.start()
  }

  async stop(): Promise<void> {
    this.#dispatcher?.stop()
    this.connection.stop()
    this.requests.stop()
    this.typing.stop()
    await this.outbox.stop()
  }

  handle(record: ConversationRecord): Conversation {
    let handle = this.#handles.get(record)
    if (handle === undefined) {
      handle = new ConversationHandle(record, this)
      this.#handles.set(record, handle)
    }
    return handle
  }

  /** The same array until something of it changes. */
  conversations(): readonly Conversation[] {
    this.#list ??= this.store.list().map((record) => this.handle(record))
    return this.#list
  }

  resume(): Resume {
    return buildResume(this.store.userLogCursor, this.store.list(), this.outbox.unstable())
  }

  status(status: ConnectionStatus): void {
    if (status.state === 'online') this.#dispatcher?.online()
    if (status.state === 'waiting') this.#dispatcher?.lost()
    this.emitter.emit('connection', status)
  }

  woken(): void {
    this.#dispatcher?.woken()
  }

  lost(): void {
    this.#catchUp.lost()
    this.requests.lost()
    this.outbox.lost()
    this.readMarker.lost()
  }

  moved(): void {
    this.#catchUp.moved()
    this.requests.moved()
    this.outbox.moved()
  }

  settled(): void {
    this.requests.settled()
    this.outbox.settled()
    this.readMarker.lost()
  }

  movedBack(): void {
    this.requests.movedBack()
    this.outbox.movedBack()
    this.#catchUp.movedBack()
  }

  unreadable(message: string, conversation: string | undefined): void {
    this.emitter.emit('warning', { code: 'unreadableFrame', message })
    // It may have been events.
    if (conversation !== undefined) this.#catchUp.need(conversation)
  }

  frame(frame: ServerFrame): void {
    switch (frame.t) {
      case 'welcome':
        if (frame.user !== this.user) this.#wrongUser(frame.user)
        else this.outbox.welcomed()
        return
      case 'resumed':
        return this.#resumed()
      case 'ack':
        return this.outbox.ack(frame)
      case 'stable':
        return this.outbox.stable(frame.conversation, frame.origin, frame.seq)
      case 'refused':
        return this.outbox.refused(frame)
      case 'events':
        return this.store.applyEvents(frame.conversation, frame.events)
      case 'conversations':
        for (const state of frame.items) this.store.applyState(state)
        return
      case 'behind':
        for (const conversation of frame.conversations) this.#catchUp.need(conversation)
        return
      case 'reset':
        return this.store.reset(frame.conversation, frame.cursor)
      case 'syncPage':
      case 'historyPage':
      case 'membersPage':
        return this.requests.answer(frame)
      case 'typing':
        return this.typing.heard(frame)
      case 'error':
        if (frame.requestId !== undefined) return this.requests.refuse(frame)
        return this.emitter.emit('warning', { code: frame.code, message: frame.message })
      case 'pong':
      case 'renewed':
      case 'migrate':
        return
      default:
        return unreachable(frame)
    }
  }

  #resumed(): void {
    this.store.finishResume()
    this.requests.online()
    this.#catchUp.online()
    this.readMarker.online()
  }

  /** The outbox is `user`'s: nothing of it may go out as somebody else. */
  #wrongUser(tokenUser: string): void {
    const message = `the token is for ${tokenUser}, the client for ${this.user}: pass the user of the token`
    this.emitter.emit('warning', { code: 'wrongUser', message })
    this.connection.refuse(message)
  }

  #newStore(): ConversationStore {
    return new ConversationStore(this.user, {
      event: (record, event) => this.#event(record, event),
      timelineChanged: (record) => this.changes.timeline(record),
      listChanged: () => this.changes.list(),
      isCatchingUp: (conversation) => this.#catchUp.isUnderWay(conversation),
      behind: (conversation) => this.#catchUp.need(conversation),
      perhapsBehind: (conversation) => this.#catchUp.lookSoon(conversation),
      reset: (record) => {
        this.outbox.forgetStable(record.id)
        this.emitter.emit('reset', { conversation: record.id })
      },
      reload: (record) => {
        const failed = (error: unknown): void => this.#warn('history', error)
        this.history.reload(record).catch(failed)
      },
      left: (record) => this.outbox.forgetStable(record.id),
    })
  }

  #newOutbox(options: ClientOptions): Outbox {
    return new Outbox({
      user: options.user,
      storage: options.outbox ?? defaultOutboxStorage(this.runtime),
      limit: options.outboxLimit ?? OUTBOX_LIMIT,
      runtime: this.runtime,
      hooks: {
        send: (frame) => this.connection.sendEncoded(frame),
        isLive: () => this.connection.live,
        sendsPending: (pending) => this.connection.sendsPending(pending),
        changed: (item, state) => this.#messageChanged(item, state),
        restored: (items) => {
          for (const { entry } of items) {
            this.creation.restored(entry)
            this.#changed(this.store.record(entry.conversation))
          }
        },
        removed: (conversation) => this.#changed(this.store.record(conversation)),
        hasSeen: (conversation, { origin, seq }) => (this.store.cursor(conversation)?.[origin] ?? 0) >= seq,
        warning: (code, message) => this.emitter.emit('warning', { code, message }),
      },
    })
  }

  #event(record: ConversationRecord, event: Event): void {
    if (event.sender === this.user) {
      // Other sessions of this user learn from the one that wrote.
      if (this.outbox.get(event.clientId) !== undefined) this.readMarker.moved(record)
      this.outbox.seen(event)
    } else {
      this.typing.wrote(record.id, event.sender)
    }
    this.outbox.passed(record.id, event)
    this.emitter.emit('event', { conversation: record.id, event })
  }

  #messageChanged({ entry, phase, reason }: QueueItem, state: DeliveryState): void {
    const { conversation, clientId } = entry
    const record = this.store.record(conversation)
    if (entry.kind === 'create' && phase === 'failed') this.creation.failed(record)
    if (entry.kind === 'create' && (state === 'durable' || state === 'stable')) this.creation.stands(record)
    this.#changed(record)
    this.emitter.emit('message', { conversation, clientId, state, reason })
  }

  #changed(record: ConversationRecord): void {
    this.changes.timeline(record)
    this.changes.list()
  }

  #tell({ list, timelines }: Changed): void {
    for (const record of timelines) this.emitter.emit('timeline', this.handle(record))
    if (list) this.emitter.emit('conversations', this.conversations())
  }

  #listenerFailed(name: keyof ClientEvents, error: unknown): void {
    // A warning listener that throws has nobody left to tell.
    if (name !== 'warning') this.#warn('listener', error)
  }

  #warn(code: string, error: unknown): void {
    this.emitter.emit('warning', { code, message: messageOf(error) })
  }
}
