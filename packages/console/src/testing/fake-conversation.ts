import type { Conversation, Member, OutgoingMessage, TimelineItem } from '@skein/sdk'
import { timelineItem } from './timeline-items.ts'

type Type = 'direct' | 'group'

export interface FakeParts {
  readonly id: string
  readonly type: Type
  readonly title?: string
  readonly peer?: string
  readonly members: readonly Member[]
  readonly items: readonly TimelineItem[]
  readonly olderPages?: readonly (readonly TimelineItem[])[]
  readonly unread?: number
}

/** Holds what it is told and says nothing to anybody: for looking at the page without a server. */
export class FakeConversation implements Conversation {
  readonly id: string
  readonly type: Type
  title: string | undefined
  readonly peer: string | undefined
  readonly role = 'owner'
  readonly joined = true
  unread: number
  timeline: readonly TimelineItem[]
  typing: readonly string[] = []
  #older: (readonly TimelineItem[])[]
  readonly #members: readonly Member[]
  readonly #me: string
  readonly #changed: (conversation: FakeConversation) => void

  constructor(parts: FakeParts, me: string, changed: (conversation: FakeConversation) => void) {
    this.id = parts.id
    this.type = parts.type
    this.title = parts.title
    this.peer = parts.peer
    this.unread = parts.unread ?? 0
    this.timeline = parts.items
    this.#older = [...(parts.olderPages ?? [])]
    this.#members = parts.members
    this.#me = me
    this.#changed = changed
  }

  get last(): TimelineItem | undefined {
    return this.timeline.findLast(({ kind }) => kind === 'message')
  }

  async open(): Promise<void> {}

  async loadOlder(): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, 60))
    const page = this.#older.pop()
    if (page !== undefined) this.#setTimeline([...page, ...this.timeline])
    return this.#older.length > 0
  }

  send(body: TimelineItem['body'] | string): OutgoingMessage {
    return this.#say('message', typeof body === 'string' ? { text: body } : body)
  }

  markRead(): void {
    if (this.unread === 0) return
    this.unread = 0
    this.#changed(this)
  }

  setTyping(): void {}
  members = async (): Promise<readonly Member[]> => this.#members
  addMembers = (users: readonly string[]) =>
    this.#say('member', { change: 'add', members: users.map((user) => ({ user, role: 'member' })) })
  removeMember = (user: string) => this.#say('member', { change: 'remove', user })
  leave = () => this.removeMember(this.#me)
  setRole = (user: string, role: Member['role']) => this.#say('member', { change: 'role', user, role })

  setTitle(title: string): OutgoingMessage {
    this.title = title
    return this.#say('title', { title })
  }

  retry(clientId: string): void {
    this.#setTimeline(
      this.timeline.map((item) =>
        item.clientId === clientId ? { ...item, state: 'sent', reason: undefined } : item,
      ),
    )
  }

  discard(clientId: string): void {
    this.#setTimeline(this.timeline.filter((item) => item.clientId !== clientId))
  }

  receive(item: TimelineItem): void {
    this.#setTimeline([...this.timeline, item])
  }

  #say(kind: string, body: TimelineItem['body']): OutgoingMessage {
    const item = timelineItem({
      kind,
      body,
      sender: this.#me,
      conversation: this.id,
      at: Date.now(),
      state: 'queued',
    })
    this.#setTimeline([...this.timeline, item])
    const become = (state: 'sent' | 'durable') =>
      this.#setTimeline(this.timeline.map((each) => (each.id === item.id ? { ...each, state } : each)))
    setTimeout(() => become('sent'), 150)
    setTimeout(() => become('durable'), 400)
    return { clientId: item.clientId, durable: Promise.resolve({ origin: 'local.1', seq: 1 }) }
  }

  #setTimeline(timeline: readonly TimelineItem[]): void {
    this.timeline = timeline
    this.#changed(this)
  }
}
