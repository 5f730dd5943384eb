import type { Cancel, Runtime } from '@skein/core'
import type { Cursor } from '@skein/protocol'
import type { Logger } from '../observe/logger.ts'
import { mergeCursors } from './cursors.ts'
import type { LogRecord, ReadCursorUpdate, Store } from '../store/store.ts'

/** Read cursors go out this often at most: one write for all that moved. */
const WRITE_EVERY_MS = 1_000
/** Cursors in one write, and cursors that may wait; a client whose cursor finds no place says it again. */
const BATCH = 500
export const READ_CURSORS_WAITING = 20_000

export interface ReadCursorWriterOptions {
  readonly store: Pick<Store, 'mergeReads'>
  readonly runtime: Runtime
  readonly logger: Logger
  publish(records: readonly LogRecord[]): void
}

/** Coalesces read cursors, merged by maximum, into one write a second. */
export class ReadCursorWriter {
  readonly #options: ReadCursorWriterOptions
  #waiting = new Map<string, ReadCursorUpdate>()
  #cancelNext: Cancel | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(options: ReadCursorWriterOptions) {
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Refused since the start, because too many waited. */
  refused = 0

  /** False when there is no place: the client may try again. */
  add(update: ReadCursorUpdate): boolean {
    const key = `${update.app}\n${update.user}\n${update.conversation}`
    const waiting = this.#waiting.get(key)
    if (waiting === undefined && this.#waiting.size >= READ_CURSORS_WAITING) {
      this.refused++
      return false
    }
    const cursor: Cursor = waiting === undefined ? update.cursor : mergeCursors(waiting.cursor, update.cursor)
    this.#waiting.set(key, { ...update, cursor })
    this.#cancelNext ??= this.#options.runtime.timers.after(WRITE_EVERY_MS, () => this.#writeLater())
    return true
  }

  /** Writes what waits now. */
  flush(): Promise<void> {
    this.#cancelNext?.()
    this.#writeLater()
    return this.#writing
  }

  #writeLater(): void {
    this.#cancelNext = undefined
    this.#writing = this.#writing.then(() => this.#write())
  }

  async #write(): Promise<void> {
    const updates = [...this.#waiting.values()]
    this.#waiting.clear()
    for (let start = 0; start < updates.length; start += BATCH) {
      const batch = updates.slice(start, start + BATCH)
      try {
        const merged = await this.#options.store.mergeReads(batch)
        this.#options.publish(merged.flatMap((merge) => (merge.record === undefined ? [] : [merge.record])))
      } catch (error) {
        this.#options.logger.debug({ err: error }, 'read cursors could not be written, trying again')
        for (const update of batch) this.add(update)
      }
    }
  }
}
