import type { Cancel, Runtime } from '@skein/core'
import type { ClientFrame } from '@skein/protocol'
import { cursorOf } from './cursor.ts'
import type { ConversationRecord } from './record.ts'

const EVERY_MS = 1_000
/** Said so shortly before the connection was lost that it may not have arrived. */
const DOUBTFUL_MS = 10_000

/** Says up to where the user has read: at most once a second and conversation, the newest last. */
export class ReadMarker {
  readonly #runtime: Runtime
  readonly #send: (frame: ClientFrame) => boolean
  readonly #unsaid = new Set<ConversationRecord>()
  readonly #saidAtMs = new Map<ConversationRecord, number>()
  #timer: Cancel | undefined

  constructor(runtime: Runtime, send: (frame: ClientFrame) => boolean) {
    this.#runtime = runtime
    this.#send = send
  }

  /** `record.read` moved by what this user did here. */
  moved(record: ConversationRecord): void {
    this.#unsaid.add(record)
    this.#flush()
  }

  online(): void {
    this.#flush()
  }

  lost(): void {
    this.#timer?.()
    this.#timer = undefined
    const nowMs = this.#runtime.clock.monotonicMs()
    for (const [record, saidAtMs] of this.#saidAtMs)
      if (nowMs - saidAtMs < DOUBTFUL_MS) this.#unsaid.add(record)
    this.#saidAtMs.clear()
  }

  #flush(): void {
    const nowMs = this.#runtime.clock.monotonicMs()
    let nextMs = Infinity
    for (const record of this.#unsaid) {
      const dueMs = (this.#saidAtMs.get(record) ?? -Infinity) + EVERY_MS
      if (dueMs > nowMs) {
        nextMs = Math.min(nextMs, dueMs)
        continue
      }
      // The server learns of a conversation that was created here first.
      if (!record.joined) continue
      if (!this.#send({ t: 'read', conversation: record.id, cursor: cursorOf(record.read) })) return
      this.#unsaid.delete(record)
      this.#saidAtMs.delete(record)
      this.#saidAtMs.set(record, nowMs)
    }
    this.#forget(nowMs)
    if (nextMs === Infinity || this.#timer !== undefined) return
    this.#timer = this.#runtime.timers.after(nextMs - nowMs, () => {
      this.#timer = undefined
      this.#flush()
    })
  }

  /** Said long enough ago: in order of time, so the first that is young ends it. */
  #forget(nowMs: number): void {
    for (const [record, saidAtMs] of this.#saidAtMs) {
      if (nowMs - saidAtMs < DOUBTFUL_MS) return
      this.#saidAtMs.delete(record)
    }
  }
}
