import { assert, unreachable } from '@skein/core'
import {
  CLOSE,
  type CloseCode,
  type Cursor,
  type Event,
  JoinedBody,
  LeftBody,
  type Migrate,
  RevokedBody,
  type ServerFrame,
  USER_LOG,
  userLogId,
} from '@skein/protocol'
import type { Identity } from '../auth/authenticator.ts'
import { missingIn } from '../delivery/cursors.ts'
import type { Encoded } from '../delivery/encoded.ts'
import type { LiveConversation } from '../delivery/live-conversation.ts'
import { Outlet } from '../delivery/outlet.ts'
import type { Connection, ConnectionHandler } from '../gateway/connection.ts'
import type { MessageSender } from '../limits/message-sender.ts'
import type { UserState } from '../store/store.ts'
import { admit, renew, welcome } from './admission.ts'
import type { SessionContext } from './context.ts'
import { Follows } from './follows.ts'
import { Inbox } from './inbox.ts'
import { isOverdue, mayMigrate, maySend, step, type Now } from './machine.ts'
import { frameOf } from './problem.ts'
import { serve } from './requests.ts'
import { runResume } from './resumption.ts'
import type { Problem, SessionEffect, SessionEvent, SessionState } from './state.ts'

/** The user's state as read at admission; a resume that follows at once needs no second read. */
export interface Admission {
  readonly held: UserState
  readonly readAtMs: number
}

/** One connection's session: decides by `machine.ts`, does what that says. */
export class Session implements ConnectionHandler {
  readonly context: SessionContext
  readonly id: string
  readonly outlet: Outlet
  readonly follows: Follows
  /** Sends and requests under way. */
  sendsInFlight = 0
  requestsInFlight = 0
  admission: Admission | undefined
  validAfterMs = 0
  /** Limits what this session sends; undefined: nothing does. */
  sender: MessageSender | undefined
  /** Under which the directory holds it, and which of two connections came first. */
  claim: string | undefined
  ordinal = 0
  readonly #connection: Connection
  readonly #inbox: Inbox
  #state: SessionState
  #onEnd: (session: Session) => void

  constructor(
    context: SessionContext,
    id: string,
    connection: Connection,
    onEnd: (session: Session) => void,
  ) {
    this.context = context
    this.id = id
    this.#connection = connection
    this.#onEnd = onEnd
    this.#inbox = new Inbox(this, connection)
    this.#state = { phase: 'opening', openedAtMs: this.#inbox.heardAtMs }
    this.outlet = new Outlet(connection, context.turn)
    this.follows = new Follows(context.hub, this)
  }

  get identity(): Identity {
    assert(this.#state.phase === 'active', 'only an active session knows who it is')
    return this.#state.identity
  }

  get user(): string {
    return this.#state.phase === 'active' ? this.#state.identity.user : ''
  }

  get isActive(): boolean {
    return this.#state.phase === 'active'
  }

  get isClosed(): boolean {
    return this.#state.phase === 'closed'
  }

  get maySend(): boolean {
    return maySend(this.#state)
  }

  get hasResumed(): boolean {
    return this.#state.phase === 'active' && this.#state.resume !== 'none'
  }

  /** While it is admitted: the client holds something already and only wants what it missed. */
  get returns(): boolean {
    if (this.#state.phase !== 'admitting') return false
    return this.#state.waiting.some((frame) => frame.t === 'resume' && Object.keys(frame.cursors).length > 0)
  }

  /** Until when it was asked to migrate, if it was. */
  get leaveByMs(): number | undefined {
    return this.#state.phase === 'active' ? this.#state.leaveByMs : undefined
  }

  get remote(): string {
    return this.#connection.remote
  }

  // From the connection

  message(text: string): void {
    this.#inbox.message(text)
  }

  unreadable(why: 'binary' | 'tooBig'): void {
    this.#inbox.unreadable(why)
  }

  drained(): void {}

  closed(): void {
    this.dispatch({ on: 'closed' })
    this.#end()
  }

  // From the node

  sweep(now: Now): void {
    if (!isOverdue(this.#state, this.#inbox.heardAtMs, now, this.context.bounds)) return
    this.dispatch({ on: 'sweep', heardAtMs: this.#inbox.heardAtMs })
  }

  mayMigrate(nowMs: number): boolean {
    return mayMigrate(this.#state, nowMs)
  }

  migrate(frame: Migrate): void {
    this.dispatch({ on: 'migrate', frame })
  }

  dispatch(event: SessionEvent): void {
    const { clock } = this.context.runtime
    const now = { monotonicMs: clock.monotonicMs(), wallMs: clock.now() }
    const { state, effects } = step(this.#state, event, now, this.context.bounds)
    this.#state = state
    for (const effect of effects) this.#perform(effect)
  }

  frame(frame: ServerFrame): void {
    this.json(JSON.stringify(frame))
  }

  /** The same, encoded already. */
  json(frame: string): void {
    this.outlet.json(frame)
    this.#closeIfStuck()
  }

  #closeIfStuck(): void {
    if (this.#connection.bufferedBytes > this.context.limits.stuckConsumerBytes) {
      const message = 'the client does not read what it asked for'
      this.outlet.frame({ t: 'error', code: 'overloaded', message, retryAfterMs: 1_000 })
      this.close(CLOSE.overloaded, message)
    }
  }

  tell(problem: Problem): void {
    this.frame(frameOf(problem))
  }

  close(code: CloseCode, reason: string): void {
    this.outlet.close(code, reason)
    this.dispatch({ on: 'closed' })
    this.#end()
  }

  /** The log is another one now: a new resume tells the client what it has to forget. */
  startAnew(): void {
    this.tell({
      code: 'reset',
      message: 'the log was restored: connect and resume',
      retryAfterMs: 1_000 * this.context.runtime.random.next(),
    })
    this.close(CLOSE.internal, 'the log was restored')
  }

  // From followed conversations

  deliver(message: Encoded): void {
    if (!this.hasResumed) return
    if (this.#connection.bufferedBytes > this.context.limits.slowConsumerBytes) this.#fallBehind()
    else this.outlet.shared(message)
  }

  deliverSoft(message: Encoded): void {
    if (this.#connection.bufferedBytes === 0) this.outlet.shared(message)
  }

  push(message: Encoded): void {
    this.outlet.shared(message)
  }

  removedBy(live: LiveConversation, event: Event): void {
    this.follows.removed(live.id, event)
  }

  reset(live: LiveConversation, cursor: Cursor): void {
    if (live.id === userLogId(this.user)) {
      // Everything that the client holds is in doubt: a new resume sorts it out.
      this.tell({ code: 'reset', message: 'the log lost what you hold: connect and resume again' })
      this.close(CLOSE.internal, 'the log was restored')
    } else this.frame({ t: 'reset', conversation: live.id, cursor })
  }

  userEvent(event: Event): void {
    switch (event.kind) {
      case 'joined': {
        const joined = JoinedBody.safeParse(event.body)
        if (joined.success) this.#joined(joined.data.conversation, joined.data.from)
        return
      }
      case 'left': {
        const left = LeftBody.safeParse(event.body)
        if (left.success) this.follows.left(left.data.conversation, left.data.until)
        return
      }
      case 'revoked': {
        const revoked = RevokedBody.safeParse(event.body)
        if (!revoked.success) return
        this.validAfterMs = Math.max(this.validAfterMs, revoked.data.validAfter)
        this.dispatch({ on: 'revoked', validAfterMs: revoked.data.validAfter })
        return
      }
      default:
    }
  }

  /** Follows a conversation from `cursor`, or tells the client that it is behind. */
  follow(live: LiveConversation, cursor: Cursor, from: Cursor): void {
    if (!this.follows.attach(live, cursor, from))
      this.frame({ t: 'behind', conversations: [this.wireId(live.id)] })
  }

  /** How a conversation is called on this connection. */
  wireId(conversation: string): string {
    return conversation === userLogId(this.user) ? USER_LOG : conversation
  }

  #joined(conversation: string, from: Cursor): void {
    const known =
      this.follows.live(conversation) === undefined ? undefined : this.follows.fromOf(conversation)
    if (known !== undefined && missingIn(known, from) === 0 && missingIn(from, known) === 0) return
    const live = this.context.hub.pin(this.identity.app, conversation)
    this.context.hub.beginBefore(live, from)
    this.follow(live, from, from)
    this.context.hub.unpin(live)
  }

  #fallBehind(): void {
    const paused = this.follows.pauseAll().map((id) => this.wireId(id))
    if (paused.length === 0) return
    this.context.counters.slowConsumers++
    this.frame({ t: 'behind', conversations: paused })
  }

  #perform(effect: SessionEffect): void {
    switch (effect.do) {
      case 'admit':
        return admit(this, effect.hello)
      case 'renew':
        return renew(this, effect.token)
      case 'welcome':
        return welcome(this, effect.identity)
      case 'resume':
        return runResume(this, effect.frame)
      case 'send':
        return this.#inbox.send(effect.frame)
      case 'serve':
        return serve(this, effect.frame)
      case 'askToMigrate':
        return this.frame(effect.frame)
      case 'tell':
        return this.tell(effect.problem)
      case 'tellRenewed':
        return this.frame({ t: 'renewed', expiresAt: effect.identity.expiresAtMs })
      case 'close':
        return this.close(effect.code, effect.reason)
      default:
        return unreachable(effect)
    }
  }

  #end(): void {
    this.outlet.abandon()
    this.follows.clear()
    this.admission = undefined
    const onEnd = this.#onEnd
    this.#onEnd = () => {}
    onEnd(this)
  }
}
