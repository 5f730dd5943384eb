import type { Conversation } from '@skein/sdk'
import { namesOf } from './demo-users.ts'

/** What the list needs of a conversation to name it. */
export interface KnownConversation {
  readonly id: string
  readonly type: 'direct' | 'group'
  readonly title: string | undefined
  readonly peer: string | undefined
}

const keyOf = (user: string): string => `skein.conversations.${user}`
const MOST = 200

/**
 * The list as it was last seen, for a page that is loaded while the server is away: names only, so
 * that one can open a conversation and write. Messages are the SDK's business.
 */
export function rememberConversations(
  storage: Storage,
  user: string,
  conversations: readonly Conversation[],
): void {
  const known = conversations
    .slice(0, MOST)
    .flatMap(({ id, type, title, peer }) => (type === undefined ? [] : [{ id, type, title, peer }]))
  if (known.length > 0) storage.setItem(keyOf(user), JSON.stringify(known))
}

export function recallConversations(
  storage: Pick<Storage, 'getItem'>,
  user: string,
): readonly KnownConversation[] {
  try {
    const found: unknown = JSON.parse(storage.getItem(keyOf(user)) ?? '[]')
    return Array.isArray(found) ? found.flatMap(knownOf) : []
  } catch {
    return []
  }
}

function knownOf(value: unknown): readonly KnownConversation[] {
  if (typeof value !== 'object' || value === null || !('id' in value) || typeof value.id !== 'string')
    return []
  const type = 'type' in value && value.type === 'direct' ? 'direct' : 'group'
  const title = 'title' in value && typeof value.title === 'string' ? value.title : undefined
  const peer = 'peer' in value && typeof value.peer === 'string' ? value.peer : undefined
  return [{ id: value.id, type, title, peer }]
}

export type Named = Pick<Conversation, 'id' | 'type' | 'title' | 'peer'>

export function conversationName({ type, title, peer }: Named): string {
  if (peer !== undefined) return namesOf([peer])
  if (title !== undefined && title.trim() !== '') return title
  return type === 'group' ? 'Group' : 'Conversation'
}

/** How tests and addresses call it: a direct one by its peer. */
export const conversationKey = ({ id, peer }: Pick<Named, 'id' | 'peer'>): string => peer ?? id
