import type { TransportFactory } from '@skein/sdk'

/** One connection as the client had it. Times in milliseconds since 1970 with fractions. */
export interface ConnectionTrace {
  readonly url: string
  /** The node that welcomed it, and when. */
  readonly node?: string
  readonly welcomedMs?: number
  /** When it closed, or the client did, and with which code and words. */
  readonly endedMs?: number
  readonly end?: string
}

export interface SessionTrace {
  readonly session: string
  readonly connections: readonly ConnectionTrace[]
  /** When each event came that the app was told for the first time. */
  readonly arrivedMs: readonly number[]
  /** For messages of this run, how long they were on their way from `send`; at the same index. NaN otherwise. */
  readonly latencyMs: readonly number[]
}

type Notes = { -readonly [Field in keyof ConnectionTrace]: ConnectionTrace[Field] }

/** Shared by all processes of this machine, and it does not jump. */
export const nowMs = (): number => performance.timeOrigin + performance.now()

const NODE = /"node":"([^"]*)"/

/** Writes down a session's connections and what arrives on them. */
export class SessionTracer {
  readonly #session: string
  readonly #connections: Notes[] = []
  readonly #arrivedMs: number[] = []
  readonly #latencyMs: number[] = []

  constructor(session: string) {
    this.#session = session
  }

  /** A transport that passes everything on. */
  traced(inner: TransportFactory): TransportFactory {
    return (url, listener) => {
      const notes: Notes = { url }
      this.#connections.push(notes)
      const ended = (by: string, code: number, reason: string): void => {
        if (notes.endedMs !== undefined) return
        notes.endedMs = nowMs()
        notes.end = `${by} ${code} ${reason}`.trim()
      }
      const transport = inner(url, {
        opened: () => listener.opened(),
        message(text) {
          if (notes.welcomedMs === undefined && text.includes('"t":"welcome"')) {
            notes.welcomedMs = nowMs()
            notes.node = NODE.exec(text)?.[1] ?? '?'
          }
          listener.message(text)
        },
        closed(code, reason) {
          ended('server', code, reason)
          listener.closed(code, reason)
        },
      })
      return {
        send: (text) => transport.send(text),
        close(code, reason) {
          ended('client', code, reason)
          transport.close(code, reason)
        },
      }
    }
  }

  arrived(sentAtMs: number | undefined): void {
    const atMs = nowMs()
    this.#arrivedMs.push(atMs)
    this.#latencyMs.push(sentAtMs === undefined ? NaN : atMs - sentAtMs)
  }

  /** The node of the newest connection that lives. */
  get node(): string | undefined {
    return this.#connections.findLast((one) => one.welcomedMs !== undefined && one.endedMs === undefined)
      ?.node
  }

  finish(): SessionTrace {
    return {
      session: this.#session,
      connections: this.#connections,
      arrivedMs: this.#arrivedMs,
      latencyMs: this.#latencyMs,
    }
  }
}
