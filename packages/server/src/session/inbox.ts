import { type ClientFrame, CLOSE, decodeClientMessage, LIMITS, type Send } from '@skein/protocol'
import type { Connection } from '../gateway/connection.ts'
import { FramePacer } from './frame-pacer.ts'
import { peekSends, type SendNames } from './peek-send.ts'
import { SendGate } from './send-gate.ts'
import { runSend } from './sending.ts'
import type { Session } from './session.ts'
import type { Problem } from './state.ts'

type Decoded = ReturnType<typeof decodeClientMessage>[number]

/**
 * What comes on one connection: cut into frames, held to its pace, and while sends are turned away answered
 * before it is decoded.
 */
export class Inbox {
  readonly #session: Session
  readonly #pacer: FramePacer
  readonly #sendGate: SendGate
  #heardAtMs: number

  constructor(session: Session, connection: Connection) {
    const { context } = session
    this.#session = session
    this.#heardAtMs = context.runtime.clock.monotonicMs()
    this.#pacer = new FramePacer(context.framePace)
    this.#sendGate = new SendGate(context, connection)
  }

  /** When something came last. */
  get heardAtMs(): number {
    return this.#heardAtMs
  }

  message(text: string): void {
    const session = this.#session
    if (session.isClosed) return
    this.#heardAtMs = session.context.runtime.clock.monotonicMs()
    const first = this.#sendGate.isWatching && session.maySend ? this.#lookAtSends(text) : 'unknown'
    if (first === 'turnedAway') return
    for (const [index, decoded] of decodeClientMessage(text).entries()) {
      if (session.isClosed) return
      if (index > 0 || first === 'unknown') this.#frame(decoded)
      else if (first === 'letIn' && decoded.ok && decoded.frame.t === 'send') runSend(session, decoded.frame)
      else if (!decoded.ok) this.#badFrame(decoded)
    }
  }

  unreadable(why: 'binary' | 'tooBig'): void {
    const session = this.#session
    if (why === 'binary')
      return this.#badFrame({ code: 'malformed', message: 'messages are text, not binary' })
    session.context.counters.badFrames++
    session.tell({ code: 'tooLarge', message: `a message has at most ${LIMITS.messageBytes} bytes` })
    session.close(CLOSE.messageTooBig, 'message too big')
  }

  /** Hands a send on, unless sends are turned away. */
  send(frame: Send): void {
    if (!this.#turnsAway(frame)) runSend(this.#session, frame)
  }

  #frame(decoded: Decoded): void {
    if (!this.#isInTime(decoded.ok ? decoded.frame : decoded)) return
    if (decoded.ok) this.#heard(decoded.frame)
    else this.#badFrame(decoded)
  }

  #heard(frame: ClientFrame): void {
    // What the machine would say of the one frame that comes thousands of times a second.
    if (frame.t === 'send' && this.#session.maySend) this.send(frame)
    else this.#session.dispatch({ on: 'frame', frame })
  }

  /**
   * While some sends are turned away, a message of nothing but sends need not be decoded for that: where the
   * first is turned away, those that came with it are, too. What became of the first.
   */
  #lookAtSends(text: string): 'unknown' | 'tooFast' | 'letIn' | 'turnedAway' {
    const [first, ...rest] = peekSends(text) ?? []
    if (first === undefined) return 'unknown'
    if (!this.#isInTime(first)) return 'tooFast'
    if (!this.#turnsAway(first)) return 'letIn'
    for (const names of rest) {
      if (this.#session.isClosed) break
      if (this.#isInTime(names)) this.#turnsAway(names)
    }
    return 'turnedAway'
  }

  #turnsAway({ conversation, clientId }: SendNames): boolean {
    const session = this.#session
    const turned = this.#sendGate.refusal(session.user, session.context.runtime.clock.monotonicMs())
    if (turned === undefined) return false
    session.context.counters.refused++
    const { code, message, retryAfterMs } = turned
    // None of it holds what JSON would escape. Made by hand, as thousands may be turned away in a turn.
    session.json(
      `{"t":"refused","conversation":"${conversation}","clientId":"${clientId}","code":"${code}",` +
        `"message":"${message}","retryAfterMs":${Math.ceil(retryAfterMs)}}`,
    )
    return true
  }

  /** False: it came too fast, and was refused for that. */
  #isInTime(frame: object): boolean {
    const verdict = this.#pacer.admit(this.#heardAtMs)
    if (verdict === undefined) return true
    const session = this.#session
    session.context.counters.refused++
    session.tell({
      code: 'tooFast',
      message: 'too many frames: slow down',
      retryAfterMs: verdict.retryAfterMs,
      ...('requestId' in frame && { requestId: String(frame.requestId) }),
      ...('conversation' in frame && { conversation: String(frame.conversation) }),
      ...('clientId' in frame && { clientId: String(frame.clientId) }),
    })
    if (verdict.giveUp) session.close(CLOSE.tooFast, 'too fast for too long')
    return false
  }

  #badFrame(problem: Problem): void {
    this.#session.context.counters.badFrames++
    this.#session.dispatch({ on: 'badFrame', problem })
  }
}
