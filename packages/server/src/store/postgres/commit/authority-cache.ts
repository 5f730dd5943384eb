import type { Connections } from '../connection/connections.ts'
import type { CommitEntry } from '../../store.ts'
import { BoundedMap } from './bounded-map.ts'

const CONVERSATIONS = 20_000
/** Of one conversation; a channel with more senders than that is simply asked for again. */
const USERS_PER_CONVERSATION = 2_000

interface Authority {
  readonly version: number
  /** Whether each user asked for so far may send. */
  readonly members: Map<string, boolean>
}

const ASK = {
  name: 'skein-authority',
  text: `select a.app, a.conversation, a.user_id, h.version, m.user_id is not null as member
    from unnest($1::text[], $2::text[], $3::text[]) as a (app, conversation, user_id)
    join skein.head h on h.app = a.app and h.conversation = a.conversation and h.origin = $4
    left join skein.member m on m.app = a.app and m.conversation = a.conversation and m.user_id = a.user_id`,
}

interface Answer {
  readonly app: string
  readonly conversation: string
  readonly user_id: string
  readonly version: number
  readonly member: boolean
}

export const keyOf = (app: string, conversation: string): string => `${app}/${conversation}`

/**
 * Who may send where, each with the version of the membership that said so. Nothing here is trusted:
 * the commit confirms the version under the lock, and what has changed takes the full path.
 */
export class AuthorityCache {
  readonly #known = new BoundedMap<Authority>(CONVERSATIONS)

  /** The version that makes this entry right, if it is known to be. */
  versionFor(entry: CommitEntry): number | undefined {
    const authority = this.#known.get(keyOf(entry.app, entry.conversation))
    if (authority === undefined) return undefined
    return entry.authority === 'system' || authority.members.get(entry.sender) === true
      ? authority.version
      : undefined
  }

  /** Asks for all that is missing, in one query. */
  async fill(connections: Connections, origin: number, entries: readonly CommitEntry[]): Promise<void> {
    const missing = new Map<string, CommitEntry>()
    for (const entry of entries) {
      const key = keyOf(entry.app, entry.conversation)
      const authority = this.#known.get(key)
      const known =
        authority !== undefined && (entry.authority === 'system' || authority.members.has(entry.sender))
      if (!known) missing.set(`${key} ${entry.sender}`, entry)
    }
    if (missing.size === 0) return
    const asked = [...missing.values()]
    const answers = await connections.query<Answer>(ASK, [
      asked.map((entry) => entry.app),
      asked.map((entry) => entry.conversation),
      asked.map((entry) => entry.sender),
      origin,
    ])
    for (const answer of answers) this.#keep(answer)
  }

  forget(app: string, conversation: string): void {
    this.#known.delete(keyOf(app, conversation))
  }

  clear(): void {
    this.#known.clear()
  }

  #keep(answer: Answer): void {
    const key = keyOf(answer.app, answer.conversation)
    const authority = this.#known.get(key)
    if (
      authority === undefined ||
      authority.version < answer.version ||
      authority.members.size >= USERS_PER_CONVERSATION
    ) {
      this.#known.set(key, { version: answer.version, members: new Map([[answer.user_id, answer.member]]) })
    } else if (authority.version === answer.version) {
      authority.members.set(answer.user_id, answer.member)
    }
  }
}
