import { unreadOf, type Conversation, type Member, type OutgoingMessage, type TimelineItem } from '../api.ts'
import { LIMITS, type Body, type Role, type SendableKind } from '@skein/protocol'
import { hlcFromMs } from '@skein/core'
import type { Session } from '../session.ts'
import { SdkError } from '../errors.ts'
import { encodeBody } from './body.ts'
import { mergeMarks } from './cursor.ts'
import type { ConversationRecord } from './record.ts'

/** What an app holds: the record's facts, and what can be done with it. */
export class ConversationHandle implements Conversation {
  readonly #record: ConversationRecord
  readonly #session: Session

  constructor(record: ConversationRecord, session: Session) {
    this.#record = record
    this.#session = session
  }

  get id(): string {
    return this.#record.id
  }

  get type(): 'direct' | 'group' | undefined {
    return this.#record.type
  }

  get title(): string | undefined {
    return this.#record.title
  }

  get peer(): string | undefined {
    return this.#record.peer
  }

  get role(): Role | undefined {
    return this.#record.role
  }

  get joined(): boolean {
    return this.#record.isMember
  }

  get unread(): number {
    return unreadOf(this.#record.heads, this.#record.read)
  }

  get last(): TimelineItem | undefined {
    return this.#session.view.last(this.#record)
  }

  get timeline(): readonly TimelineItem[] {
    return this.#session.view.timeline(this.#record)
  }

  get typing(): readonly string[] {
    return this.#session.typing.usersIn(this.id)
  }

  open(): Promise<void> {
    return this.#session.history.open(this.#record)
  }

  loadOlder(limit?: number): Promise<boolean> {
    const page = limit === undefined ? undefined : Math.min(LIMITS.pageEvents, Math.max(1, Math.floor(limit)))
    return this.#session.history.loadOlder(this.#record, page)
  }

  send(body: Body | string): OutgoingMessage {
    this.#session.typing.sent(this.id)
    return this.#add('message', typeof body === 'string' ? { text: body } : body)
  }

  markRead(): void {
    const record = this.#record
    if (mergeMarks(record.read, record.applied) === record.read) return
    this.#session.store.mergeRead(record, record.applied)
    this.#session.readMarker.moved(record)
  }

  setTyping(active: boolean): void {
    this.#session.typing.set(this.id, active)
  }

  async members(): Promise<readonly Member[]> {
    const members: Member[] = []
    await this.#session.creation.exists(this.#record)
    for (;;) {
      const after = members.at(-1)?.user
      const page = await this.#session.requests.ask(() => ({
        t: 'members',
        conversation: this.id,
        limit: LIMITS.pageMembers,
        ...(after !== undefined && { after }),
      }))
      members.push(...page.members.map(({ user, role, name }) => ({ user, role, name })))
      if (!page.more || page.members.length === 0) return members
    }
  }

  addMembers(users: readonly string[]): OutgoingMessage {
    if (users.length > LIMITS.membersPerEvent) {
      const message = `at most ${LIMITS.membersPerEvent} members at a time, got ${users.length}: add the rest afterwards`
      throw new SdkError('invalid', message, { remedy: 'fix' })
    }
    const members = [...new Set(users)].map((user) => ({ user, role: 'member' }))
    return this.#add('member', { change: 'add', members })
  }

  removeMember(user: string): OutgoingMessage {
    return this.#add('member', { change: 'remove', user })
  }

  leave(): OutgoingMessage {
    return this.removeMember(this.#session.user)
  }

  setRole(user: string, role: Role): OutgoingMessage {
    return this.#add('member', { change: 'role', user, role })
  }

  setTitle(title: string): OutgoingMessage {
    return this.#add('title', { title })
  }

  retry(clientId: string): void {
    if (this.#session.outbox.get(clientId)?.entry.kind === 'message')
      this.#session.creation.ensure(this.#record)
    this.#session.outbox.retry(clientId)
  }

  discard(clientId: string): void {
    this.#session.outbox.discard(clientId)
  }

  #add(kind: SendableKind, body: Body): OutgoingMessage {
    // First the checks: a body that is refused should not have created the conversation.
    const text = encodeBody(kind, body)
    this.#session.creation.ensure(this.#record)
    const message = this.#session.outbox.add(this.id, kind, text)
    const nowMs = this.#session.runtime.clock.now()
    this.#record.activity = Math.max(this.#record.activity, hlcFromMs(nowMs))
    this.#session.changes.list()
    return message
  }
}
