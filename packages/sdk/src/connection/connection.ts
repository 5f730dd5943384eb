import { randomInt, unreachable, type Cancel, type Runtime } from '@skein/core'
import {
  decodeServerMessage,
  encodeFrame,
  joinEncoded,
  type ClientFrame,
  type Resume,
  type ServerFrame,
} from '@skein/protocol'
import type { ConnectionStatus } from '../api.ts'
import { messageOf } from '../errors.ts'
import { FrameWriter } from './frame-writer.ts'
import { deadlineMs, initialState, step } from './machine.ts'
import type { ConnectionEvent, Effect, Policy, State } from './state.ts'
import { TokenSource } from './token-source.ts'
import type { Transport, TransportFactory } from './transport.ts'
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
  status(status: ConnectionStatus): void
}

export interface ConnectionOptions {
  readonly urls: readonly string[]
  readonly token: string | (() => string | Promise<string>)
  readonly transport: TransportFactory
  readonly runtime: Runtime
  readonly user: ConnectionUser
}

const CLIENT_NAME = 'skein-sdk-js'
/** Platforms' timers hold 2^31 ms at most; a deadline that comes early is checked again. */
const TIMER_MAX_MS = 3_600_000

const isLive = (state: State): boolean => state.name === 'resuming' || state.name === 'online'

/** Does what the machine says: sockets, timers, tokens. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #policy: Policy
  readonly #tokens: TokenSource
  readonly #writer: FrameWriter
  readonly #events: ConnectionEvent[] = []
  #draining = false
  #state: State
  #status: ConnectionStatus = { state: 'connecting' }
  #transport: Transport | undefined
  /** Of the transport in use; what an older one still says is ignored. */
  #generation = 0
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined
  #unwatch: Cancel = () => {}
  /** Server's wall clock minus our monotonic one: what expires there is counted without our wall clock. */
  #serverOffsetMs = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#tokens = new TokenSource(options.token)
    this.#policy = { endpoints: options.urls.length, tokenRenewable: this.#tokens.renewable }
    this.#state = initialState(randomInt(options.runtime.random, options.urls.length))
    this.#writer = new FrameWriter(options.runtime.timers, (text) => this.#write(text))
  }

  get status(): ConnectionStatus {
    return this.#status
  }

  /** Authenticated: frames may be sent. */
  get live(): boolean {
    return isLive(this.#state)
  }

  /** Resumed: everything missed has been told. */
  get online(): boolean {
    return this.#state.name === 'online'
  }

  start(): void {
    this.#unwatch = watchWakeups(this.#options.runtime, (cause) => this.#dispatch({ type: cause }))
    this.#dispatch({ type: 'start' })
  }

  stop(): void {
    this.#unwatch()
    this.#dispatch({ type: 'stop' })
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
    this.#writer.push(frame)
    return true
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
    if (isLive(before) && !isLive(state)) {
      this.#writer.clear()
      this.#options.user.lost()
    }
    for (const effect of effects) this.#run(effect)
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
        return this.#open(effect.endpoint)
      case 'handshake': {
        const hello = encodeFrame({ t: 'hello', token: this.#tokens.current, client: CLIENT_NAME })
        return this.#write(joinEncoded([hello, encodeFrame(this.#options.user.resume())]))
      }
      case 'ping':
        return this.#writer.push(encodeFrame({ t: 'ping', n: effect.n }))
      case 'auth':
        return this.#writer.push(encodeFrame({ t: 'auth', token: this.#tokens.current }))
      case 'close': {
        const transport = this.#transport
        this.#abandon()
        return transport?.close(effect.code, effect.reason)
      }
      default:
        return unreachable(effect)
    }
  }

  #abandon(): void {
    this.#generation++
    this.#transport = undefined
  }

  #open(endpoint: number): void {
    this.#abandon()
    const generation = this.#generation
    const current = (run: () => void): void => {
      if (generation === this.#generation) run()
    }
    const closed = (code: number, reason: string): void =>
      current(() => {
        this.#abandon()
        this.#dispatch({ type: 'closed', code, reason })
      })
    try {
      this.#transport = this.#options.transport(this.#options.urls[endpoint] ?? '', {
        opened: () => current(() => this.#dispatch({ type: 'opened' })),
        message: (text) => current(() => this.#message(text, generation)),
        closed,
      })
    } catch (error) {
      closed(1006, messageOf(error))
    }
  }

  #message(text: string, generation: number): void {
    this.#dispatch({ type: 'heard' })
    for (const decoded of decodeServerMessage(text)) {
      if (generation !== this.#generation) return
      if (decoded.ok) this.#frame(decoded.frame)
      // An unknown type is a newer server's: skipped.
      else if (decoded.code !== 'unknownFrame')
        this.#options.user.unreadable(decoded.message, decoded.conversation)
    }
  }

  #frame(frame: ServerFrame): void {
    if (frame.t === 'welcome') {
      this.#serverOffsetMs = frame.at - this.#options.runtime.clock.monotonicMs()
      const tokenLifeMs = frame.expiresAt - frame.at
      this.#dispatch({ type: 'welcome', heartbeatMs: frame.heartbeatMs, tokenLifeMs })
    } else if (frame.t === 'resumed') {
      this.#dispatch({ type: 'resumed' })
    } else if (frame.t === 'renewed') {
      const tokenLifeMs = frame.expiresAt - this.#serverOffsetMs - this.#options.runtime.clock.monotonicMs()
      this.#dispatch({ type: 'renewed', tokenLifeMs })
    } else if (frame.t === 'pong') {
      this.#dispatch({ type: 'pong', n: frame.n })
    } else if (frame.t === 'error' && frame.requestId === undefined) {
      this.#dispatch({ type: 'errorFrame', code: frame.code, retryAfterMs: frame.retryAfterMs })
    }
    this.#options.user.frame(frame)
  }

  #write(text: string): void {
    const transport = this.#transport
    if (transport === undefined) return
    try {
      transport.send(text)
      this.#dispatch({ type: 'wrote' })
    } catch (error) {
      // A socket that refuses to send is closing; its own close event may never come.
      this.#abandon()
      this.#dispatch({ type: 'closed', code: 1006, reason: messageOf(error) })
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
    const cancel = timers.after(delayMs, () => {
      this.#timer = undefined
      this.#dispatch({ type: 'deadline' })
    })
    this.#timer = { atMs: dueMs, cancel }
  }

  #tellStatus(before: State, state: State): void {
    if (before.name === state.name && state.name !== 'waiting') return
    const status = this.#statusOf(state)
    if (status.state === this.#status.state && status.state !== 'waiting') return
    this.#status = status
    this.#options.user.status(status)
  }

  #statusOf(state: State): ConnectionStatus {
    switch (state.name) {
      case 'waiting': {
        const { clock } = this.#options.runtime
        return {
          state: 'waiting',
          retryAtMs: clock.now() + state.untilMs - clock.monotonicMs(),
          reason: state.reason,
        }
      }
      case 'refused':
        return { state: 'refused', reason: state.reason }
      case 'online':
      case 'stopped':
        return { state: state.name }
      case 'idle':
      case 'fetchingToken':
      case 'connecting':
      case 'resuming':
        return { state: 'connecting' }
      default:
        return unreachable(state)
    }
  }
}
