import { open, readFile, rename, type FileHandle } from 'node:fs/promises'
import type { OutboxEntry } from '../outbox/storage.ts'

type Line = { readonly put: OutboxEntry } | { readonly remove: string }

/** Lines that no longer count before the file is written anew. */
const SLACK_LINES = 1_000

interface Write {
  readonly line: Line
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Reads a journal: whatever was cut off by a crash or a full disk is skipped, it was never confirmed. */
export async function readJournal(path: string): Promise<OutboxEntry[]> {
  const entries = new Map<string, OutboxEntry>()
  const text = await readFile(path, 'utf8').catch(() => '')
  for (const line of text.split('\n')) {
    const change = parse(line)
    if (change === undefined) continue
    if ('put' in change) entries.set(change.put.clientId, change.put)
    else entries.delete(change.remove)
  }
  return [...entries.values()].sort((one, other) => one.order - other.order)
}

function parse(line: string): Line | undefined {
  if (line === '') return undefined
  try {
    return JSON.parse(line) as Line
  } catch {
    return undefined
  }
}

/** Append-only JSON lines, on disk when a promise resolves. What comes during one fsync shares the next. */
export class Journal {
  readonly #path: string
  readonly #live: Map<string, OutboxEntry>
  #file: FileHandle
  #lines = 0
  #waiting: Write[] = []
  #writing: Promise<void> | undefined

  private constructor(path: string, file: FileHandle, live: Map<string, OutboxEntry>) {
    this.#path = path
    this.#file = file
    this.#live = live
  }

  static async create(path: string): Promise<Journal> {
    return new Journal(path, await open(path, 'ax', 0o600), new Map())
  }

  get entries(): readonly OutboxEntry[] {
    return [...this.#live.values()]
  }

  async put(entry: OutboxEntry): Promise<void> {
    await this.#append({ put: entry })
  }

  async remove(clientId: string): Promise<void> {
    await this.#append({ remove: clientId })
  }

  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    await this.#file.close()
  }

  #append(line: Line): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject })
      this.#writing ??= this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        // The line break comes first: it ends what a write that failed may have left behind.
        await this.#file.appendFile(batch.map(({ line }) => `\n${JSON.stringify(line)}`).join(''))
        await this.#file.datasync()
        this.#lines += batch.length
        for (const { line, resolve } of batch) {
          if ('put' in line) this.#live.set(line.put.clientId, line.put)
          else this.#live.delete(line.remove)
          resolve()
        }
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
      await this.#compact()
    }
    // In the same step as the last look: what comes after it starts anew.
    this.#writing = undefined
  }

  async #compact(): Promise<void> {
    if (this.#lines < this.#live.size * 2 + SLACK_LINES) return
    const fresh = `${this.#path}.new`
    try {
      const file = await open(fresh, 'w', 0o600)
      await file.appendFile(
        this.entries.map((entry) => `\n${JSON.stringify({ put: entry } satisfies Line)}`).join(''),
      )
      await file.datasync()
      await rename(fresh, this.#path)
      await this.#file.close()
      this.#file = file
      this.#lines = this.#live.size
    } catch {
      // The long file still holds everything; the next write tries again.
    }
  }
}
