import type { Runtime } from '@skein/core'
import type { Connection } from '../gateway/connection.ts'
import type { Overload, TurnedAway } from '../node/overload.ts'

/** Who still sends so long after being told to wait does not listen. Longer than most round trips. */
const DEAF_AFTER_MS = 250
/** A connection is not read for this long at most: its heartbeats must not be missed. */
const MOST_HOLD_MS = 1_000
/** And read again so long before it may send: what lay there meanwhile is old, and still turned away. */
const DRAIN_MS = 200

/** What of its node and its connection a gate needs. */
export interface SendGateContext {
  readonly overload: Pick<Overload, 'refusesSends' | 'askToSend' | 'countAgain'>
  readonly runtime: Pick<Runtime, 'timers'>
}
type Readable = Pick<Connection, 'pauseReading' | 'resumeReading'>

interface Pause {
  readonly sinceMs: number
  readonly untilMs: number
  readonly code: TurnedAway['code']
  readonly message: string
}

/**
 * One session's sends at the door. Once one is turned away, all behind it are, until the moment that was
 * told: they name it as `after`, and would only be committed to be refused.
 */
export class SendGate {
  readonly #context: SendGateContext
  readonly #connection: Readable
  #pause: Pause | undefined
  #isHeld = false

  constructor(context: SendGateContext, connection: Readable) {
    this.#context = context
    this.#connection = connection
  }

  /** A send may be turned away: look at it before it is parsed. */
  get isWatching(): boolean {
    return this.#pause !== undefined || this.#context.overload.refusesSends
  }

  /** Undefined: go on. */
  refusal(user: string, nowMs: number): TurnedAway | undefined {
    const pause = this.#pause
    if (pause !== undefined) {
      if (nowMs < pause.untilMs) return this.#again(pause, nowMs)
      this.#pause = undefined
    }
    const turned = this.#context.overload.askToSend(user)
    if (turned === undefined) return undefined
    const { code, message, retryAfterMs } = turned
    this.#pause = { sinceMs: nowMs, untilMs: nowMs + retryAfterMs, code, message }
    return turned
  }

  #again({ sinceMs, untilMs, code, message }: Pause, nowMs: number): TurnedAway {
    this.#context.overload.countAgain(code)
    if (nowMs - sinceMs > DEAF_AFTER_MS) this.#hold(untilMs - nowMs - DRAIN_MS)
    return { code, message, retryAfterMs: untilMs - nowMs }
  }

  /** Reading it only to turn it away costs more than leaving it where it is: then it comes in one piece. */
  #hold(forMs: number): void {
    if (forMs <= 0 || this.#isHeld || this.#connection.pauseReading === undefined) return
    this.#isHeld = true
    this.#connection.pauseReading()
    this.#context.runtime.timers.after(Math.min(forMs, MOST_HOLD_MS), () => {
      this.#isHeld = false
      this.#connection.resumeReading?.()
    })
  }
}
