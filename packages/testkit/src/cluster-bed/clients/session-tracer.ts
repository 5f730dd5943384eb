import type { TransportFactory } from '@skein/sdk'
import { nowMs } from '../../processes/shared-clock.ts'

/** One connection as the client had it. Times by the shared clock. */
export interface ConnectionTrace {
  readonly url: string
  /** The node that welcomed it. */
  readonly node?: string
  /** When it was resumed: from then on events come. */
  readonly liveMs?: number
  /** When it closed, or the client did, and how. */
  readonly endedMs?: number
  readonly end?: ConnectionEnd
}

export interface ConnectionEnd {
  readonly by: 'server' | 'client'
  readonly code: number
  readonly reason: string
}

export interface SessionTrace {
  readonly session: string
  /** When the client was made. */
  readonly bornMs: number
  readonly connections: readonly ConnectionTrace[]
  /** When each event came that the app was told for the first time. */
  readonly arrivedMs: readonly number[]
  /** For messages of this run, how long they were on their way from `send`; at the same index. NaN otherwise. */
  readonly latencyMs: readonly number[]
  /** When a send of its own was acknowledged. */
  readonly ackedMs: readonly number[]
  /** How long it had waited since it was last put on the wire; at the same index. NaN: by another connection. */
  readonly ackWaitMs: readonly number[]
  readonly refusals: readonly Refusal[]
}

/** A send that was not taken. */
export interface Refusal {
  readonly atMs: number
  readonly code: string
  /** Absent: it was not told when to come back. */
  readonly retryAfterMs?: number
}

type Notes = { -readonly [Field in keyof ConnectionTrace]: ConnectionTrace[Field] }

const WELCOME = '"t":"welcome"'
const RESUMED = '"t":"resumed"'
const SEND = /"t":"send"[^{}]*?"clientId":"([^"]*)"/g
const ACK = /"t":"ack"[^{}]*?"clientId":"([^"]*)"/g
const REFUSED = /"t":"refused"[^{}]*/g
const CODE = /"code":"(\w+)"/
const RETRY_AFTER = /"retryAfterMs":(\d+)/
const NODE = /"t":"welcome".*?"node":"([^"]*)"/

/** Writes down a session's connections and what arrives on them. */
export class SessionTracer {
  readonly #session: string
  readonly #bornMs = nowMs()
  readonly #connections: Notes[] = []
  readonly #arrivedMs: number[] = []
  readonly #latencyMs: number[] = []
  readonly #ackedMs: number[] = []
  readonly #ackWaitMs: number[] = []
  readonly #refusals: Refusal[] = []

  constructor(session: string) {
    this.#session = session
  }

  /** A transport that passes everything on. */
  traced(inner: TransportFactory): TransportFactory {
    const sentMs = new Map<string, number>()
    const answers = (text: string): void => this.#answers(text, sentMs)
    return (url, listener) => {
      const notes: Notes = { url }
      this.#connections.push(notes)
      const ended = (end: ConnectionEnd): void => {
        if (notes.endedMs !== undefined) return
        notes.endedMs = nowMs()
        notes.end = end
      }
      const transport = inner(url, {
        opened: () => listener.opened(),
        message(text) {
          if (notes.liveMs === undefined && notes.endedMs === undefined) look(notes, text)
          answers(text)
          listener.message(text)
        },
        closed(code, reason) {
          ended({ by: 'server', code, reason })
          listener.closed(code, reason)
        },
      })
      return {
        send(text) {
          for (const [, clientId = ''] of text.matchAll(SEND)) sentMs.set(clientId, nowMs())
          transport.send(text)
        },
        close(code, reason) {
          ended({ by: 'client', code, reason })
          transport.close(code, reason)
        },
      }
    }
  }

  /** What became of its sends. Users' words cannot look like it: their quotes are escaped. */
  #answers(text: string, sentMs: Map<string, number>): void {
    const atMs = nowMs()
    for (const [, clientId = ''] of text.matchAll(ACK)) {
      this.#ackedMs.push(atMs)
      this.#ackWaitMs.push(atMs - (sentMs.get(clientId) ?? NaN))
      sentMs.delete(clientId)
    }
    for (const [frame] of text.matchAll(REFUSED)) {
      const [, code = '?'] = CODE.exec(frame) ?? []
      const [, retryAfterMs] = RETRY_AFTER.exec(frame) ?? []
      const told = retryAfterMs === undefined ? {} : { retryAfterMs: Number(retryAfterMs) }
      this.#refusals.push({ atMs, code, ...told })
    }
  }

  arrived(sentAtMs: number | undefined): void {
    const atMs = nowMs()
    this.#arrivedMs.push(atMs)
    this.#latencyMs.push(sentAtMs === undefined ? NaN : atMs - sentAtMs)
  }

  /** The newest connection that lives. */
  get live(): ConnectionTrace | undefined {
    return this.#connections.findLast((one) => one.liveMs !== undefined && one.endedMs === undefined)
  }

  finish(): SessionTrace {
    return {
      session: this.#session,
      bornMs: this.#bornMs,
      connections: this.#connections,
      arrivedMs: this.#arrivedMs,
      latencyMs: this.#latencyMs,
      ackedMs: this.#ackedMs,
      ackWaitMs: this.#ackWaitMs,
      refusals: this.#refusals,
    }
  }
}

/** One message may carry several frames. */
function look(notes: Notes, text: string): void {
  if (text.includes(WELCOME)) notes.node = NODE.exec(text)?.[1] ?? '?'
  if (text.includes(RESUMED)) notes.liveMs = nowMs()
}
