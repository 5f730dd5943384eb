import {
  JoinedBody,
  LeftBody,
  ReadBody,
  RoleBody,
  type Cursor,
  type Event,
  type SyncPage,
} from '@skein/protocol'
import { isBehind, mergeCursor, placeOf } from './cursor.ts'

export interface UserLogReader {
  joined(body: JoinedBody, hlc: number): void
  left(body: LeftBody): void
  role(body: RoleBody): void
  read(body: ReadBody): void
  /** Something before what came is missing. */
  behind(): void
}

/** The user's own system log (`@me`): which conversations, which role, read up to where. */
export class UserLog {
  readonly #reader: UserLogReader
  #cursor: Cursor | undefined
  /** Highest seen, applied or not. */
  #heads: Cursor = {}

  constructor(reader: UserLogReader) {
    this.#reader = reader
  }

  get cursor(): Cursor | undefined {
    return this.#cursor
  }

  get isBehind(): boolean {
    return this.#cursor !== undefined && isBehind(this.#cursor, this.#heads)
  }

  reset(cursor: Cursor): void {
    this.#cursor = cursor
    this.#heads = cursor
  }

  /** @param waits what is missing is being asked for */
  apply(events: readonly Event[], waits: boolean): void {
    let gap = false
    for (const event of events) {
      // Without a cursor the states told everything before the first event that comes.
      this.#cursor ??= { [event.origin]: event.seq - 1 }
      const place = waits ? 'gap' : placeOf(this.#cursor, event)
      this.#heads = mergeCursor(this.#heads, { [event.origin]: event.seq })
      if (place === 'next') this.#accept(event)
      gap ||= place === 'gap'
    }
    if (gap && !waits) this.#reader.behind()
  }

  applyPage(page: SyncPage): boolean {
    const before = this.#cursor ?? {}
    for (const event of page.events) {
      if (event.seq > (this.#cursor?.[event.origin] ?? 0)) this.#accept(event)
    }
    this.#cursor = mergeCursor(this.#cursor ?? {}, page.cursor)
    return isBehind(before, this.#cursor)
  }

  #accept(event: Event): void {
    this.#cursor = { ...this.#cursor, [event.origin]: event.seq }
    switch (event.kind) {
      case 'joined':
        return read(JoinedBody, event, (body) => this.#reader.joined(body, event.hlc))
      case 'left':
        return read(LeftBody, event, (body) => this.#reader.left(body))
      case 'role':
        return read(RoleBody, event, (body) => this.#reader.role(body))
      case 'read':
        return read(ReadBody, event, (body) => this.#reader.read(body))
      // `revoked` is for the server's sessions; unknown kinds are of a newer server.
      default:
    }
  }
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false }
}

function read<T>(schema: Schema<T>, event: Event, use: (body: T) => void): void {
  const parsed = schema.safeParse(event.body)
  if (parsed.success) use(parsed.data)
}
