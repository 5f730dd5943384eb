import { unreachable, type Cancel, type Runtime } from '@skein/core'
import {
  decodeServerMessage,
  encodeFrame,
  joinEncoded,
  USER_LOG,
  type ClientFrame,
  type Resume,
  type ServerFrame,
} from '@skein/protocol'
import type { ConnectionStatus } from '../api.ts'
import type { Endpoints } from './endpoints.ts'
import { Link } from './link.ts'
import { deadlineMs, initialState, step } from './machine.ts'
import { targetOf, urlOf } from './place.ts'
import type { ConnectionEvent, Effect, LinkEvent, Place, Policy, State } from './state.ts'
import { statusOf } from './status.ts'
import { TokenSource } from './token-source.ts'
import type { TransportFactory } from './transport.ts'
import { watchWakeups } from './wakeups.ts'

/** Who the connection works for. */
export interface ConnectionUser {
  /** What is held, said with every hello. */
  resume(): Resume
  /** In the order of the wire; `welcome` and `resumed` too. */
  frame(frame: ServerFrame): void
  /** A frame that could not be read; of which conversation, where it still told. */
  unreadable(message: string, conversation: string | undefined): void
  /** Nothing that was asked is answered any more. */
  lost(): void
  /** What is sent goes by another connection from here on; the one before may still answer. */
  moved(): void
  /** The one before is gone for good. */
  settled(): void
  /** The other one is gone: what is sent goes by the one before again. */
  movedBack(): void
  status(status: ConnectionStatus): void
  /** The network came back, the page is seen again, or the machine slept. */
  woken(): void
}

export interface ConnectionOptions {
  /** Empty: `setEndpoints` tells them later. */
  readonly urls: readonly string[]
  /** Names this client over all of its connections. */
  readonly instance: string
  readonly token: string | (() => string | Promise<string>)
  readonly transport: TransportFactory
  readonly runtime: Runtime
  readonly user: ConnectionUser
}

const CLIENT_NAME = 'skein-sdk-js'
/** Platforms' timers hold 2^31 ms at most; a deadline that comes early is checked again. */
const TIMER_MAX_MS = 3_600_000
/** A timer that comes so late: this process had no time, and what it is waiting for may lie unread. That comes first. */
const LATE_MS = 100

const isLive = ({ name }: State): boolean => name === 'resuming' || name === 'online' || name === 'migrating'

/** Does what the machine says: sockets, timers, tokens. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #policy: Policy
  readonly #tokens: TokenSource
  readonly #events: ConnectionEvent[] = []
  #draining = false
  #state: State
  #status: ConnectionStatus = { state: 'connecting' }
  #main: Link | undefined
  /** Of a migration, until it is the main one. */
  #next: Link | undefined
  /** What is sent goes by the next one. */
  #switched = false
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined
  #unwatch: Cancel = () => {}
  /** Server's wall clock minus our monotonic one: what expires there is counted without our wall clock. */
  #serverOffsetMs = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#tokens = new TokenSource(options.token)
    this.#policy = { tokenRenewable: this.#tokens.renewable }
    this.#state = initialState(options.urls)
  }

  get status(): ConnectionStatus {
    return this.#status
  }

  /** Authenticated: frames may be sent. */
  get live(): boolean {
    return isLive(this.#state)
  }

  start(): void {
    this.#unwatch = watchWakeups(this.#options.runtime, (cause) => {
      this.#dispatch({ type: cause })
      this.#options.user.woken()
    })
    this.#dispatch({ type: 'start' })
  }

  stop(): void {
    this.#unwatch()
    this.#dispatch({ type: 'stop' })
  }

  /** What is known of the endpoints; undefined once it has ended. */
  get endpoints(): Endpoints | undefined {
    return 'trail' in this.#state ? this.#state.trail.endpoints : undefined
  }

  /** What there is to choose from, best first. */
  setEndpoints(urls: readonly string[]): void {
    this.#dispatch({ type: 'endpoints', urls })
  }

  probeFailed(endpoint: string): void {
    this.#dispatch({ type: 'probeFailed', endpoint })
  }

  /** Moves to a better endpoint, or stays if it fails there. */
  improve(endpoint: string, withinMs: number): void {
    this.#dispatch({ type: 'improve', endpoint, withinMs })
  }

  /** Ends it until the app begins anew with what is right. */
  refuse(reason: string): void {
    this.#dispatch({ type: 'refuse', reason })
  }

  /** Goes out with the others of this turn; false when there is no connection. */
  send(frame: ClientFrame): boolean {
    return this.sendEncoded(encodeFrame(frame))
  }

  sendEncoded(frame: string): boolean {
    if (!this.live) return false
    const link = this.#switched ? this.#next : this.#main
    link?.push(frame)
    return link !== undefined
  }

  /** Whether sends wait for their answers: the connection is then doubted sooner. */
  sendsPending(pending: boolean): void {
    this.#dispatch({ type: pending ? 'sendPending' : 'noSendPending' })
  }

  /** One event at a time: an effect may cause the next event while this one is still worked on. */
  #dispatch(event: ConnectionEvent): void {
    this.#events.push(event)
    if (this.#draining) return
    this.#draining = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#apply(next)
    } finally {
      this.#draining = false
    }
    this.#schedule()
  }

  #apply(event: ConnectionEvent): void {
    const { clock, random } = this.#options.runtime
    const before = this.#state
    const moment = { nowMs: clock.monotonicMs(), roll: random.next() }
    const { state, effects } = step(before, event, moment, this.#policy)
    this.#state = state
    for (const effect of effects) this.#run(effect)
    if (isLive(before) && !isLive(state)) this.#options.user.lost()
    this.#tellStatus(before, state)
  }

  #run(effect: Effect): void {
    switch (effect.do) {
      case 'fetchToken':
        return this.#tokens.fetch(
          () => this.#dispatch({ type: 'tokenReady' }),
          (reason) => this.#dispatch({ type: 'tokenFailed', reason }),
        )
      case 'open':
        this.#main = this.#newLink({ endpoint: effect.endpoint, url: undefined, node: undefined })
        return this.#main.open(this.#options.transport)
      case 'openNext':
        this.#next = this.#newLink(effect.place)
        return this.#next.open(this.#options.transport)
      case 'handshake':
        return this.#handshake(this.#main)
      case 'handshakeNext':
        return this.#handshake(this.#next)
      case 'ping':
        return this.#main?.push(encodeFrame({ t: 'ping', n: effect.n }))
      case 'pingNext':
        return this.#next?.push(encodeFrame({ t: 'ping', n: effect.n }))
      case 'auth':
        return this.#main?.push(encodeFrame({ t: 'auth', token: this.#tokens.current }))
      case 'close':
        return this.#main?.close(effect.code, effect.reason)
      case 'closeNext':
        return this.#next?.close(1000, effect.reason)
      case 'switch':
        // What was written before is not repeated on the new one, unless it is a send.
        this.#main?.flush()
        this.#switched = true
        return this.#options.user.moved()
      case 'switchBack':
        this.#switched = false
        return this.#options.user.movedBack()
      case 'promote':
        return this.#promote()
      default:
        return unreachable(effect)
    }
  }

  #promote(): void {
    const old = this.#main
    const switched = this.#switched
    this.#main = this.#next
    this.#next = undefined
    this.#switched = false
    old?.close(1000, 'moved')
    if (switched) this.#options.user.settled()
  }

  #handshake(link: Link | undefined): void {
    const { instance, user } = this.#options
    const token = this.#tokens.current
    const hello = encodeFrame({ t: 'hello', token, client: CLIENT_NAME, instance })
    link?.write(joinEncoded([hello, encodeFrame(user.resume())]))
  }

  #listedUrls(): readonly string[] {
    return (this.endpoints?.health ?? []).filter(({ listed }) => listed).map(({ url }) => url)
  }

  #newLink(place: Place): Link {
    return new Link(urlOf(place), this.#options.runtime, {
      opened: (link) => this.#tell(link, { type: 'opened' }),
      wrote: (link) => this.#tell(link, { type: 'wrote' }),
      closed: (link, code, reason) => this.#tell(link, { type: 'closed', code, reason }),
      message: (link, text) => this.#message(link, text),
    })
  }

  #tell(link: Link, event: LinkEvent): void {
    if (link === this.#main) this.#dispatch(event)
    else if (link === this.#next) this.#dispatch({ type: 'next', event })
  }

  #message(link: Link, text: string): void {
    this.#tell(link, { type: 'heard' })
    for (const decoded of decodeServerMessage(text)) {
      if (link.ended) return
      if (decoded.ok) this.#frame(link, decoded.frame)
      // An unknown type is a newer server's: skipped.
      else if (decoded.code !== 'unknownFrame')
        this.#options.user.unreadable(decoded.message, decoded.conversation)
    }
  }

  #frame(link: Link, frame: ServerFrame): void {
    if (this.#switched && link === this.#main && this.#isOverruled(link, frame)) return
    this.#tellOf(link, frame)
    this.#options.user.frame(frame)
  }

  /** What the new connection alone decides, once it is welcomed. */
  #isOverruled(old: Link, frame: ServerFrame): boolean {
    switch (frame.t) {
      // It was sent on the new one too: the answer there counts.
      case 'refused':
        return true
      // The states that the new one tells were true at its place in the own log, and at no other.
      case 'events':
        return frame.conversation === USER_LOG
      // What the old one holds is void. The new one told so itself, or never held it.
      case 'reset':
        old.close(1000, 'void')
        this.#tell(old, { type: 'closed', code: 1000, reason: 'void' })
        return true
      default:
        return false
    }
  }

  #tellOf(link: Link, frame: ServerFrame): void {
    const { clock } = this.#options.runtime
    switch (frame.t) {
      case 'welcome': {
        this.#serverOffsetMs = frame.at - clock.monotonicMs()
        link.node = frame.node
        const { heartbeatMs } = frame
        return this.#tell(link, { type: 'welcome', heartbeatMs, tokenLifeMs: frame.expiresAt - frame.at })
      }
      case 'renewed': {
        const tokenLifeMs = frame.expiresAt - this.#serverOffsetMs - clock.monotonicMs()
        return this.#tell(link, { type: 'renewed', tokenLifeMs })
      }
      case 'reset':
      case 'resumed':
        return this.#tell(link, { type: frame.t })
      case 'pong':
        return this.#tell(link, { type: 'pong', n: frame.n })
      case 'error': {
        const { code, retryAfterMs, requestId } = frame
        if (requestId === undefined) this.#tell(link, { type: 'errorFrame', code, retryAfterMs })
        return
      }
      case 'migrate': {
        if (link !== this.#main) return
        const target = targetOf(frame, this.#listedUrls(), link.url)
        return this.#dispatch({ type: 'migrate', withinMs: frame.withinMs, target })
      }
      default:
    }
  }

  #schedule(): void {
    const dueMs = deadlineMs(this.#state)
    if (dueMs === this.#timer?.atMs) return
    this.#timer?.cancel()
    this.#timer = undefined
    if (dueMs === undefined) return
    const { clock, timers } = this.#options.runtime
    const delayMs = Math.min(TIMER_MAX_MS, Math.max(0, dueMs - clock.monotonicMs()))
    const tell = (): void => {
      this.#timer = undefined
      this.#dispatch({ type: 'deadline' })
    }
    const cancel = timers.after(delayMs, () => {
      if (clock.monotonicMs() - dueMs < LATE_MS) return tell()
      this.#timer = { atMs: dueMs, cancel: timers.after(0, tell) }
    })
    this.#timer = { atMs: dueMs, cancel }
  }

  #tellStatus(before: State, state: State): void {
    if (before.name === state.name && state.name !== 'waiting') return
    const status = statusOf(state, this.#options.runtime.clock, this.#main?.node)
    const same = status.state === this.#status.state && status.state !== 'waiting'
    this.#status = status
    if (same) return
    this.#options.user.status(status)
  }
}
