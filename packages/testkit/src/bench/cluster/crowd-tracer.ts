import { CLOSE } from '@skein/protocol'
import type { TransportFactory } from '@skein/sdk'
import { nowMs } from '../../chaos/talk/session-trace.ts'
import type { CrowdConnection, CrowdTrace } from './crowd-plan.ts'

type Notes = { -readonly [Field in keyof CrowdConnection]: CrowdConnection[Field] }

const NODE = /"t":"welcome".*?"node":"([^"]*)"|"node":"([^"]*)".*?"t":"welcome"/

/** Writes down a session's connections and what arrives on them. */
export class CrowdTracer {
  readonly #session: string
  readonly #connections: Notes[] = []
  readonly #arrivedMs: number[] = []
  readonly #latencyMs: number[] = []
  readonly #turnedAwayMs: number[] = []

  constructor(session: string) {
    this.#session = session
  }

  /** A transport that passes everything on. */
  traced(inner: TransportFactory): TransportFactory {
    return (url, listener) => {
      const notes: Notes = { url, begunMs: nowMs() }
      this.#connections.push(notes)
      const ended = (): void => void (notes.endedMs ??= nowMs())
      const transport = inner(url, {
        opened() {
          notes.openedMs = nowMs()
          listener.opened()
        },
        message(text) {
          if (notes.welcomedMs === undefined && notes.endedMs === undefined) look(notes, text)
          listener.message(text)
        },
        closed: (code, reason) => {
          ended()
          if (code === CLOSE.overloaded) this.#turnedAwayMs.push(nowMs())
          listener.closed(code, reason)
        },
      })
      return {
        send: (text) => transport.send(text),
        close(code, reason) {
          ended()
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

  finish(): CrowdTrace {
    return {
      session: this.#session,
      connections: this.#connections,
      arrivedMs: this.#arrivedMs,
      latencyMs: this.#latencyMs,
      turnedAwayMs: this.#turnedAwayMs,
    }
  }
}

function look(notes: Notes, text: string): void {
  if (notes.node === undefined && text.includes('"t":"welcome"')) {
    const found = NODE.exec(text)
    notes.node = found?.[1] ?? found?.[2] ?? '?'
  }
  if (text.includes('"t":"resumed"')) notes.welcomedMs = nowMs()
}
