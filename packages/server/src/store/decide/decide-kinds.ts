import { unreachable } from '@skein/core'
import {
  CreateBody,
  directConversationId,
  MemberBody,
  SYSTEM_SENDER,
  TitleBody,
  type Body,
  type Role,
} from '@skein/protocol'
import type { CommitEntry } from '../store.ts'
import { refuse, type Change, type ConversationView, type Decision } from './decision.ts'

/** Ids that direct conversations alone may have. */
const DIRECT_PREFIX = 'd_'

/** As what somebody acts: a member's role, or the product's backend. */
type Actor = Role | 'system'

type ListedMember = { readonly user: string; readonly role: Role }
type MemberChange<Kind extends MemberBody['change']> = Extract<MemberBody, { change: Kind }>

export function decideCreate(
  entry: CommitEntry,
  body: Body,
  existing: ConversationView | undefined,
): Decision {
  const parsed = CreateBody.safeParse(body)
  if (!parsed.success) return refuse('malformed', 'the body of a create names a type and its members')
  const create = parsed.data
  if (create.type === 'group') return decideGroup(entry, body, create, existing)
  if (
    entry.sender === SYSTEM_SENDER ||
    entry.conversation !== directConversationId(entry.sender, create.with)
  ) {
    return refuse(
      'malformed',
      'the id of a direct conversation is made of its two users, one of them the sender',
    )
  }
  if (existing?.created !== undefined) return { do: 'repeat', stored: existing.created }
  const changes: Change[] = [{ change: 'begin', type: 'direct', title: undefined }]
  for (const user of new Set([entry.sender, create.with]))
    changes.push({ change: 'join', user, role: 'member' })
  return { do: 'append', body, changes }
}

function decideGroup(
  entry: CommitEntry,
  body: Body,
  create: Extract<CreateBody, { type: 'group' }>,
  existing: ConversationView | undefined,
): Decision {
  if (entry.conversation.startsWith(DIRECT_PREFIX)) {
    return refuse(
      'malformed',
      `ids that begin with ${DIRECT_PREFIX} are for direct conversations: take another`,
    )
  }
  if (existing !== undefined) return refuse('conversationExists', 'the id is taken: take another')
  const owner: ListedMember[] = entry.sender === SYSTEM_SENDER ? [] : [{ user: entry.sender, role: 'owner' }]
  const begin: Change = { change: 'begin', type: 'group', title: create.title }
  return { do: 'append', body, changes: [begin, ...joins([...owner, ...create.members])] }
}

export function decideTitle(body: Body, actor: Actor): Decision {
  const parsed = TitleBody.safeParse(body)
  if (!parsed.success) return refuse('malformed', 'the body of a title holds the title')
  if (actor === 'member') return refuse('forbidden', 'only owners and admins change the title')
  return { do: 'append', body, changes: [{ change: 'title', title: parsed.data.title }] }
}

export function decideMember(
  entry: CommitEntry,
  body: Body,
  actor: Actor,
  conversation: ConversationView,
): Decision {
  const parsed = MemberBody.safeParse(body)
  if (!parsed.success) return refuse('malformed', 'the body of a member change says add, remove or role')
  const change = parsed.data
  switch (change.change) {
    case 'add':
      return decideAdd(body, change, actor, conversation)
    case 'remove':
      return decideRemove(entry.sender, body, change, actor, conversation)
    case 'role':
      return decideRole(body, change, actor, conversation)
    default:
      return unreachable(change)
  }
}

function decideAdd(
  body: Body,
  change: MemberChange<'add'>,
  actor: Actor,
  conversation: ConversationView,
): Decision {
  if (actor === 'member') return refuse('forbidden', 'only owners and admins add members')
  if (actor === 'admin' && change.members.some((member) => member.role !== 'member')) {
    return refuse('forbidden', 'admins add members only; other roles are given by owners')
  }
  const added = change.members.filter((member) => conversation.roleOf(member.user) === undefined)
  return { do: 'append', body, changes: joins(added) }
}

function decideRemove(
  sender: string,
  body: Body,
  change: MemberChange<'remove'>,
  actor: Actor,
  conversation: ConversationView,
): Decision {
  const target = conversation.roleOf(change.user)
  if (target === undefined) return refuse('notMember', `${change.user} is no member`)
  const itself = actor !== 'system' && sender === change.user
  if (actor === 'member' && !itself) return refuse('forbidden', 'only owners and admins remove others')
  if (actor === 'admin' && !itself && target !== 'member')
    return refuse('forbidden', 'admins remove members only')
  if (actor !== 'system' && isLastOwner(target, conversation) && conversation.memberCount > 1) {
    return refuse('forbidden', 'the last owner makes somebody else owner before leaving')
  }
  return { do: 'append', body, changes: [{ change: 'leave', user: change.user }] }
}

function decideRole(
  body: Body,
  change: MemberChange<'role'>,
  actor: Actor,
  conversation: ConversationView,
): Decision {
  if (actor !== 'owner' && actor !== 'system') return refuse('forbidden', 'only owners give roles')
  const target = conversation.roleOf(change.user)
  if (target === undefined) return refuse('notMember', `${change.user} is no member`)
  if (actor !== 'system' && change.role !== 'owner' && isLastOwner(target, conversation)) {
    return refuse('forbidden', 'the last owner stays owner: make somebody else owner first')
  }
  return { do: 'append', body, changes: [{ change: 'role', user: change.user, role: change.role }] }
}

const isLastOwner = (role: Role, conversation: ConversationView): boolean =>
  role === 'owner' && conversation.ownerCount === 1

/** Each user joins once, as it was listed first. */
function joins(members: readonly ListedMember[]): Change[] {
  const seen = new Set<string>()
  const changes: Change[] = []
  for (const { user, role } of members) {
    if (seen.has(user)) continue
    seen.add(user)
    changes.push({ change: 'join', user, role })
  }
  return changes
}
