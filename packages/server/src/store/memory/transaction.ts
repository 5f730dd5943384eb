import { assert, hlcNext, uuidv7, type Hlc } from '@skein/core'
import { SYSTEM_SENDER, userLogId, type Body, type UserLogKind } from '@skein/protocol'
import type { LogRecord } from '../store.ts'
import { ConversationLog } from './conversation-log.ts'
import { Conversation } from './conversation.ts'
import type { MemoryDatabase } from './memory-database.ts'
import { keyOf, type UserRow } from './rows.ts'
import { deepFreeze, type Stored, type Undo } from './stored.ts'

export interface Draft {
  readonly sender: string
  readonly clientId: string
  readonly kind: string
  readonly body: Body
  readonly bodyText: string
  readonly afterHlc?: Hlc
}

/** Changes to the database that can be taken back, in this transaction or by a later fail-over. */
export class Transaction {
  readonly undo: Undo[] = []
  readonly nowMs: number
  readonly database: MemoryDatabase
  readonly #written: Stored[] = []

  constructor(database: MemoryDatabase) {
    this.database = database
    this.nowMs = database.nowMs()
  }

  rollBack(): void {
    for (const step of this.undo.toReversed()) step()
  }

  /**
   * Readers see all of it from `visibleAtMs` on, and not before what was written to the same lanes:
   * what is visible of a lane is always a prefix.
   */
  hideUntil(visibleAtMs: number): void {
    const lanes = new Set(this.#written.map(({ record }) => this.#lane(record.lane)))
    const untilMs = Math.max(visibleAtMs, ...[...lanes].map((lane) => lane.visibleAtMs))
    if (untilMs <= this.nowMs) return
    for (const stored of this.#written) stored.visibleAtMs = untilMs
    for (const lane of lanes) lane.visibleAtMs = untilMs
  }

  beginConversation(
    app: string,
    id: string,
    type: 'direct' | 'group',
    title: string | undefined,
  ): Conversation {
    const key = keyOf(app, id)
    const conversation = new Conversation(this.#log(app, id), type, title)
    assert(!this.database.conversations.has(key), `${key} begins twice`)
    this.database.conversations.set(key, conversation)
    this.undo.push(() => this.database.conversations.delete(key))
    return conversation
  }

  append(log: ConversationLog, draft: Draft): Stored {
    const { identity } = this.database
    const countable = draft.kind === 'message'
    const last = log.last(identity.origin)?.record.event
    const lane = this.#lane(log.lane)
    const record: LogRecord = {
      app: log.app,
      conversation: log.id,
      lane: log.lane,
      laneOffset: lane.rows.length + 1,
      event: {
        origin: identity.origin,
        seq: (last?.seq ?? 0) + 1,
        hlc: hlcNext(this.nowMs, log.hlc, draft.afterHlc ?? 0),
        sender: draft.sender,
        clientId: draft.clientId,
        kind: draft.kind,
        body: draft.body,
        count: (last?.count ?? 0) + Number(countable),
        at: this.nowMs,
      },
    }
    const bodyBytes = Buffer.byteLength(draft.bodyText)
    const stored: Stored = { record: deepFreeze(record), bodyText: draft.bodyText, bodyBytes, visibleAtMs: 0 }
    lane.rows.push(stored)
    this.undo.push(() => lane.rows.pop(), log.append(stored, countable))
    this.#written.push(stored)
    return stored
  }

  appendUserLog(app: string, user: string, kind: UserLogKind, body: Body): LogRecord {
    const clientId = uuidv7({ now: () => this.nowMs }, this.database.random)
    const draft = { sender: SYSTEM_SENDER, clientId, kind, body, bodyText: JSON.stringify(body) }
    return this.append(this.#log(app, userLogId(user)), draft).record
  }

  user(app: string, user: string): UserRow {
    const key = keyOf(app, user)
    const known = this.database.users.get(key)
    if (known !== undefined) return known
    const row: UserRow = { conversations: new Set(), sessionsValidAfterMs: 0 }
    this.database.users.set(key, row)
    this.undo.push(() => this.database.users.delete(key))
    return row
  }

  #log(app: string, id: string): ConversationLog {
    const key = keyOf(app, id)
    const known = this.database.logs.get(key)
    if (known !== undefined) return known
    const log = new ConversationLog(app, id, this.database.laneOf(app, id))
    this.database.logs.set(key, log)
    this.undo.push(() => this.database.logs.delete(key))
    return log
  }

  #lane(lane: number): MemoryDatabase['lanes'][number] {
    const found = this.database.lanes[lane]
    assert(found !== undefined, `there is no lane ${lane}`)
    return found
  }
}
