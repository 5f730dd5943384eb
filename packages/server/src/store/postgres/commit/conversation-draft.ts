import type { Role } from '@skein/protocol'
import type { ConversationView } from '../../decide/decision.ts'
import type { Committed } from '../../decide/decision.ts'
import type { LogDraft } from './log-draft.ts'

/** A conversation while a batch is decided. Roles are known of those whom the batch names. */
export class ConversationDraft implements ConversationView {
  readonly log: LogDraft
  readonly type: 'direct' | 'group'
  title: string | undefined
  memberCount: number
  ownerCount: number
  created: Committed | undefined
  readonly #roles = new Map<string, Role>()

  constructor(
    log: LogDraft,
    type: 'direct' | 'group',
    facts: { title?: string | undefined; members: number; owners: number },
  ) {
    this.log = log
    this.type = type
    this.title = facts.title
    this.memberCount = facts.members
    this.ownerCount = facts.owners
  }

  roleOf(user: string): Role | undefined {
    return this.#roles.get(user)
  }

  loadRole(user: string, role: Role): void {
    this.#roles.set(user, role)
  }

  /** Undefined: no member any more. */
  changeRole(user: string, role: Role | undefined): void {
    const before = this.#roles.get(user)
    this.memberCount += Number(role !== undefined) - Number(before !== undefined)
    this.ownerCount += Number(role === 'owner') - Number(before === 'owner')
    if (role === undefined) this.#roles.delete(user)
    else this.#roles.set(user, role)
    this.log.version++
  }
}
