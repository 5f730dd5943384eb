import { hlcFromMs, uuidv7, type Runtime } from '@skein/core'
import { CreateBody, directConversationId, LIMITS, type MemberBody } from '@skein/protocol'
import type { OutgoingMessage } from '../api.ts'
import { SdkError } from '../errors.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { OutboxEntry } from '../outbox/storage.ts'
import type { Requests } from '../requests.ts'
import { encodeBody } from './body.ts'
import type { ConversationRecord } from './record.ts'
import type { ConversationStore } from './store.ts'

/** The server tells of what was created just now before this; it may be on its way. */
const TOLD_WITHIN_MS = 1_000

/** Conversations that begin here: usable at once, created by the first entry in their outbox. */
export class Creation {
  readonly #user: string
  readonly #runtime: Runtime
  readonly #store: ConversationStore
  readonly #outbox: Outbox
  readonly #requests: Requests
  readonly #created: (record: ConversationRecord) => void
  /** Stand in the log, and the server has not told of them. */
  readonly #awaited = new Set<ConversationRecord>()

  constructor(parts: {
    readonly user: string
    readonly runtime: Runtime
    readonly store: ConversationStore
    readonly outbox: Outbox
    readonly requests: Requests
    readonly created: (record: ConversationRecord) => void
  }) {
    this.#user = parts.user
    this.#runtime = parts.runtime
    this.#store = parts.store
    this.#outbox = parts.outbox
    this.#requests = parts.requests
    this.#created = parts.created
  }

  direct(peer: string): ConversationRecord {
    const record = this.#store.record(directConversationId(this.#user, peer))
    record.type ??= 'direct'
    record.peer ??= peer
    return record
  }

  group(title: string | undefined, users: readonly string[]): ConversationRecord {
    const others = [...new Set(users)].filter((user) => user !== this.#user)
    const members = others.map((user) => ({ user, role: 'member' as const }))
    const record = this.#store.record(`g_${uuidv7(this.#runtime.clock, this.#runtime.random)}`)
    const body: CreateBody = {
      type: 'group',
      ...(title !== undefined && { title }),
      members: members.slice(0, LIMITS.membersPerEvent),
    }
    this.#outbox.add(record.id, 'create', encodeBody('create', body))
    for (let from = LIMITS.membersPerEvent; from < members.length; from += LIMITS.membersPerEvent) {
      const more: MemberBody = { change: 'add', members: members.slice(from, from + LIMITS.membersPerEvent) }
      this.#outbox.add(record.id, 'member', encodeBody('member', more))
    }
    this.#begin(record, body)
    return record
  }

  /** Before the first message of a direct conversation that is not known to be there. */
  ensure(record: ConversationRecord): OutgoingMessage | undefined {
    if (record.type !== 'direct' || record.isMember || record.peer === undefined) return undefined
    const body: CreateBody = { type: 'direct', with: record.peer }
    const create = this.#outbox.add(record.id, 'create', encodeBody('create', body))
    this.#begin(record, body)
    return create
  }

  /** Resolves when the server knows it. */
  async exists(record: ConversationRecord): Promise<void> {
    if (record.type === 'group' && record.local) return
    await this.#requests.whenOnline()
    const create = this.ensure(record)
    try {
      await create?.durable
    } catch (error) {
      if (!(error instanceof SdkError) || error.reason !== 'conversationExists') throw error
    }
  }

  /** After a reload: what was created before it, and is still in the outbox. */
  restored({ conversation, kind, body, state }: OutboxEntry): void {
    if (kind !== 'create' || state === 'failed') return
    const record = this.#store.record(conversation)
    const parsed = CreateBody.safeParse(JSON.parse(body))
    if (parsed.success && !record.isMember) this.#begin(record, parsed.data)
  }

  /**
   * It stands in the log. If the server does not tell of it, a closed tab had created it, and the user has
   * left it since: nothing that is still to come says so.
   */
  stands(record: ConversationRecord): void {
    if (!record.local || this.#awaited.has(record)) return
    this.#awaited.add(record)
    this.#runtime.timers.after(TOLD_WITHIN_MS, () => {
      this.#awaited.delete(record)
      if (record.local) void this.#askWhether(record)
    })
  }

  async #askWhether(record: ConversationRecord): Promise<void> {
    try {
      await this.#requests.ask(() => ({ t: 'members', conversation: record.id, limit: 1 }))
    } catch (error) {
      if (error instanceof SdkError && error.reason === 'notMember') this.#store.notIn(record)
    }
  }

  failed(record: ConversationRecord): void {
    record.local = false
    this.#created(record)
  }

  #begin(record: ConversationRecord, body: CreateBody): void {
    record.local = true
    record.type = body.type
    record.role ??= body.type === 'group' ? 'owner' : 'member'
    if (body.type === 'group') record.title = body.title
    else record.peer = body.with
    record.activity = Math.max(record.activity, hlcFromMs(this.#runtime.clock.now()))
    this.#created(record)
  }
}
