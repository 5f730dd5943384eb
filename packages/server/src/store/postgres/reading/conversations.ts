import type { Marks, Role } from '@skein/protocol'
import type { Connections, Statement } from '../connection/connections.ts'
import type { ConversationFacts, MembersRequest, MembersResult } from '../../store.ts'
import { profileOf } from '../records/state-records.ts'

const FACTS = {
  name: 'skein-conversation',
  text: `select c.type, c.title, c.members, c.created_at,
      (select json_object_agg(o.name, json_build_object('seq', h.seq, 'count', h.count))
        from skein.head h join skein.origin o on o.id = h.origin where h.app = $1 and h.conversation = $2) as heads
    from skein.conversation c where c.app = $1 and c.conversation = $2`,
}

interface FactsRow {
  readonly type: 'direct' | 'group'
  readonly title: string | null
  readonly members: number
  readonly created_at: number
  readonly heads: Marks
}

export async function conversationFacts(
  connections: Connections,
  app: string,
  conversation: string,
): Promise<ConversationFacts | undefined> {
  const [row] = await connections.query<FactsRow>(FACTS, [app, conversation])
  if (row === undefined) return undefined
  const { type, title, members, heads, created_at: createdAt } = row
  return { conversation, type, ...(title !== null && { title }), members, heads, createdAt }
}

const MEMBERS: Statement = {
  name: 'skein-members',
  kind: 'requests',
  text: `select m.user_id, m.role, s.value as profile from skein.member m
    left join skein.state s on s.app = m.app and s.kind = 'profile' and s.key = '' and s.owner = m.user_id
    where m.app = $1 and m.conversation = $2 and m.user_id > $3 order by m.user_id limit $4`,
}

export async function members(connections: Connections, request: MembersRequest): Promise<MembersResult> {
  const { app, conversation, after, limit } = request
  const rows = await connections.query<{ user_id: string; role: Role; profile: string | null }>(MEMBERS, [
    app,
    conversation,
    after ?? '',
    limit + 1,
  ])
  const found = rows.slice(0, limit).map(({ user_id: user, role, profile }) => {
    const { name } = profile === null ? {} : profileOf(profile)
    return { user, role, ...(name !== undefined && { name }) }
  })
  return { members: found, more: rows.length > limit }
}

const ROLE: Statement = {
  name: 'skein-role-of',
  kind: 'requests',
  text: 'select role from skein.member where app = $1 and conversation = $2 and user_id = $3',
}

export async function roleOf(
  connections: Connections,
  app: string,
  conversation: string,
  user: string,
): Promise<Role | undefined> {
  const [row] = await connections.query<{ role: Role }>(ROLE, [app, conversation, user])
  return row?.role
}
