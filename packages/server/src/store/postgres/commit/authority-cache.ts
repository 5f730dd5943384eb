import type { Connections, Statement } from '../connection/connections.ts'
import type { CommitEntry } from '../../store.ts'
import { BoundedMap } from './bounded-map.ts'
import { RecentIds } from './recent-ids.ts'

const CONVERSATIONS = 20_000
/** Of one conversation; a channel with more senders than that is simply asked for again. */
const USERS_PER_CONVERSATION = 2_000

const ASK: Statement = {
  name: 'skein-authority',
  // Commits wait for it.
  kind: 'vital',
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

interface Sender {
  readonly isMember: boolean
  /** What this node has seen committed of it: what `after` usually names. */
  readonly sent: RecentIds
}

export const keyOf = (app: string, conversation: string): string => `${app}/${conversation}`

/** Who may send in one conversation, at one version of its membership. */
export class Authority {
  readonly version: number
  readonly #senders = new Map<string, Sender>()

  constructor(version: number) {
    this.version = version
  }

  get size(): number {
    return this.#senders.size
  }

  learn(user: string, isMember: boolean): void {
    if (this.#senders.get(user)?.isMember !== isMember)
      this.#senders.set(user, { isMember, sent: new RecentIds() })
  }

  /** Undefined: this user was not asked for. */
  admits(entry: CommitEntry): boolean | undefined {
    return entry.authority === 'system' ? true : this.#senders.get(entry.sender)?.isMember
  }

  wasSent(sender: string, clientId: string): boolean {
    return this.#senders.get(sender)?.sent.has(clientId) === true
  }

  remember({ sender, clientId }: CommitEntry): void {
    this.#senders.get(sender)?.sent.add(clientId)
  }
}

/**
 * Who may send where, each with the version of the membership that said so. Nothing here is trusted:
 * the commit confirms the version under the lock, and what has changed takes the full path.
 */
export class AuthorityCache {
  readonly #known = new BoundedMap<Authority>(CONVERSATIONS)

  /** What is known for each entry; asks for all that is missing, in one query. */
  async of(
    connections: Connections,
    origin: number,
    entries: readonly CommitEntry[],
  ): Promise<readonly (Authority | undefined)[]> {
    const known = entries.map((entry) => this.#knownFor(entry))
    if (!known.includes(undefined)) return known
    const missing = new Map<string, CommitEntry>()
    for (const [place, entry] of entries.entries()) {
      if (known[place] === undefined)
        missing.set(`${keyOf(entry.app, entry.conversation)} ${entry.sender}`, entry)
    }
    const asked = [...missing.values()]
    const answers = await connections.query<Answer>(ASK, [
      asked.map((entry) => entry.app),
      asked.map((entry) => entry.conversation),
      asked.map((entry) => entry.sender),
      origin,
    ])
    for (const answer of answers) this.#keep(answer)
    return entries.map((entry) => this.#knownFor(entry))
  }

  forget(app: string, conversation: string): void {
    this.#known.delete(keyOf(app, conversation))
  }

  clear(): void {
    this.#known.clear()
  }

  #knownFor(entry: CommitEntry): Authority | undefined {
    const authority = this.#known.get(keyOf(entry.app, entry.conversation))
    return authority?.admits(entry) === undefined ? undefined : authority
  }

  #keep({ app, conversation, user_id, version, member }: Answer): void {
    const key = keyOf(app, conversation)
    let authority = this.#known.get(key)
    if (authority !== undefined && authority.version > version) return
    if (authority?.version !== version || authority.size >= USERS_PER_CONVERSATION) {
      authority = new Authority(version)
      this.#known.set(key, authority)
    }
    authority.learn(user_id, member)
  }
}
