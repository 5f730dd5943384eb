import { assert, unreachable } from '@skein/core'
import { SYSTEM_SENDER, userLogId, type Body, type Cursor, type Marks, type Role } from '@skein/protocol'
import { decide } from '../../decide/decide.ts'
import type { Change, Decision } from '../../decide/decision.ts'
import type { Committed } from '../../decide/decision.ts'
import type { CommitEntry, CommitOutcome, LogRecord } from '../../store.ts'
import { storedOf, LogDraft, type Numbering } from './log-draft.ts'
import { ConversationDraft } from './conversation-draft.ts'
import { keyOf } from './authority-cache.ts'
import { recordOf } from './event-row.ts'
import type { Loaded } from './load.ts'

export interface BatchContext {
  readonly origin: string
  readonly laneOffsets: ReadonlyMap<number, number>
  laneOf(app: string, conversation: string): number
  newClientId(nowMs: number): string
}

/** A change of a membership, in the order in which it is to be written. */
export type MembershipWrite =
  | {
      readonly write: 'join'
      readonly conversation: ConversationDraft
      readonly user: string
      readonly role: Role
      readonly openedHlc: number
      readonly from: Cursor
      readonly read: Marks
    }
  | {
      readonly write: 'leave'
      readonly conversation: ConversationDraft
      readonly user: string
      readonly until: Cursor
    }
  | {
      readonly write: 'role'
      readonly conversation: ConversationDraft
      readonly user: string
      readonly role: Role
    }

/** Decides a batch against what was loaded and gathers what is to be written. Pure: no database here. */
export class BatchDraft {
  readonly events: Committed[] = []
  readonly touched = new Set<LogDraft>()
  readonly memberships: MembershipWrite[] = []
  /** New or changed beside their log. */
  readonly changed = new Set<ConversationDraft>()
  readonly laneOffsets: Map<number, number>
  readonly #nowMs: number
  readonly #context: BatchContext
  readonly #numbering: Numbering
  readonly #logs = new Map<string, LogDraft>()
  readonly #conversations = new Map<string, ConversationDraft>()
  readonly #accepted = new Set<string>()

  constructor(loaded: Loaded, context: BatchContext) {
    this.#context = context
    this.#nowMs = loaded.nowMs
    this.laneOffsets = new Map(context.laneOffsets)
    this.#numbering = {
      origin: context.origin,
      nowMs: loaded.nowMs,
      nextLaneOffset: (lane) => this.#nextLaneOffset(lane),
    }
    for (const head of loaded.heads) this.#log(head.app, head.conversation).load(head)
    for (const row of loaded.conversations) {
      const { app, conversation, type, title, members, owners } = row
      const draft = new ConversationDraft(this.#log(app, conversation), type, {
        title: title ?? undefined,
        members,
        owners,
      })
      this.#conversations.set(keyOf(app, conversation), draft)
    }
    for (const { app, conversation, user_id, role } of loaded.members) {
      this.#conversations.get(keyOf(app, conversation))?.loadRole(user_id, role)
    }
    for (const row of loaded.events) this.#log(row.app, row.conversation).know(row)
    for (const row of loaded.created) {
      const conversation = this.#conversations.get(keyOf(row.app, row.conversation))
      if (conversation !== undefined) conversation.created = storedOf(recordOf(row), row.body)
    }
  }

  commit(entry: CommitEntry): CommitOutcome {
    const conversation = this.#conversations.get(keyOf(entry.app, entry.conversation))
    const sender = `${keyOf(entry.app, entry.conversation)} ${entry.sender}`
    const decision = decide(entry, {
      conversation,
      nowMs: this.#nowMs,
      acceptedInBatch: (clientId) => this.#accepted.has(`${sender} ${clientId}`),
    })
    if (decision.do !== 'refuse') this.#accepted.add(`${sender} ${entry.clientId}`)
    switch (decision.do) {
      case 'refuse':
        return { status: 'refused', code: decision.code, message: decision.message }
      case 'repeat':
        return { status: 'committed', record: decision.stored.record, duplicate: true, also: [] }
      case 'append':
        return this.#append(entry, conversation, decision)
      default:
        return unreachable(decision)
    }
  }

  /** Appends to a user's system log. */
  tell(app: string, user: string, kind: string, body: Body): LogRecord {
    return this.#write(this.#log(app, userLogId(user)), {
      sender: SYSTEM_SENDER,
      clientId: this.#context.newClientId(this.#nowMs),
      kind,
      body,
      bodyText: JSON.stringify(body),
      countable: false,
    }).record
  }

  #append(
    entry: CommitEntry,
    existing: ConversationDraft | undefined,
    decision: Extract<Decision, { do: 'append' }>,
  ): CommitOutcome {
    const begin = decision.changes[0]
    const conversation = begin?.change === 'begin' ? this.#begin(entry, begin) : existing
    assert(conversation !== undefined, 'only a create is accepted without a conversation')
    const before = conversation.log.cursor()
    const { sender, clientId, kind, body: bodyText, afterHlc } = entry
    const said = { sender, clientId, kind, body: decision.body, bodyText, countable: kind === 'message' }
    const stored = this.#write(conversation.log, { ...said, ...(afterHlc !== undefined && { afterHlc }) })
    if (begin?.change === 'begin') conversation.created = stored
    if (decision.changes.length > 0) this.changed.add(conversation)
    const also = decision.changes.flatMap((change) => this.#apply(conversation, stored, before, change) ?? [])
    return { status: 'committed', record: stored.record, duplicate: false, also }
  }

  #begin(entry: CommitEntry, begin: Extract<Change, { change: 'begin' }>): ConversationDraft {
    const log = this.#log(entry.app, entry.conversation)
    const conversation = new ConversationDraft(log, begin.type, { title: begin.title, members: 0, owners: 0 })
    this.#conversations.set(keyOf(entry.app, entry.conversation), conversation)
    return conversation
  }

  #apply(
    conversation: ConversationDraft,
    opened: Committed,
    before: Cursor,
    change: Change,
  ): LogRecord | undefined {
    const { app, id } = conversation.log
    switch (change.change) {
      case 'begin':
        return undefined
      case 'join':
        return this.#join(conversation, opened, before, change)
      case 'leave': {
        const until = conversation.log.cursor()
        conversation.changeRole(change.user, undefined)
        this.memberships.push({ write: 'leave', conversation, user: change.user, until })
        return this.tell(app, change.user, 'left', { conversation: id, until })
      }
      case 'role':
        conversation.changeRole(change.user, change.role)
        this.memberships.push({ write: 'role', conversation, user: change.user, role: change.role })
        return this.tell(app, change.user, 'role', { conversation: id, role: change.role })
      case 'title':
        conversation.title = change.title
        return undefined
      default:
        return unreachable(change)
    }
  }

  #join(
    conversation: ConversationDraft,
    opened: Committed,
    from: Cursor,
    { user, role }: Extract<Change, { change: 'join' }>,
  ): LogRecord {
    const { app, id } = conversation.log
    const read = conversation.log.heads()
    conversation.changeRole(user, role)
    const openedHlc = opened.record.event.hlc
    this.memberships.push({ write: 'join', conversation, user, role, openedHlc, from, read })
    const peer = conversation.type === 'direct' ? peerIn(opened, user) : undefined
    return this.tell(app, user, 'joined', {
      conversation: id,
      type: conversation.type,
      ...(conversation.title !== undefined && { title: conversation.title }),
      ...(peer !== undefined && { peer }),
      role,
      from,
      read,
    })
  }

  #write(log: LogDraft, said: Parameters<LogDraft['append']>[0]): Committed {
    const stored = log.append(said, this.#numbering)
    this.events.push(stored)
    this.touched.add(log)
    return stored
  }

  #log(app: string, id: string): LogDraft {
    const key = keyOf(app, id)
    const log = this.#logs.get(key) ?? new LogDraft(app, id, this.#context.laneOf(app, id))
    this.#logs.set(key, log)
    return log
  }

  #nextLaneOffset(lane: number): number {
    const last = this.laneOffsets.get(lane)
    assert(last !== undefined, `lane ${lane} is written but not locked`)
    this.laneOffsets.set(lane, last + 1)
    return last + 1
  }
}

/** The other user of a direct conversation, by the event that began it; oneself when alone. */
export function peerIn(created: Committed, user: string): string | undefined {
  const { sender, body } = created.record.event
  if (user !== sender) return sender
  return typeof body['with'] === 'string' ? body['with'] : undefined
}
