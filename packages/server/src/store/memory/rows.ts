import type { Conversation } from './conversation.ts'
import type { Stored } from './stored.ts'

/** One user of one app. */
export interface UserRow {
  /** Where the user is a member, or was. */
  readonly conversations: Set<Conversation>
  sessionsValidAfterMs: number
}

/** One lane: what was committed to it, in order. Offset - 1 is the index. */
export interface Lane {
  readonly rows: Stored[]
  visibleAtMs: number
}

/** `app` holds no slash, so that the pair is told apart from any other. */
export const keyOf = (app: string, id: string): string => `${app}/${id}`
