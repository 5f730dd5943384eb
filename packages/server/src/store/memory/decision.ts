import type { Body, Role } from '@skein/protocol'
import type { RefusalCode } from '../store.ts'
import type { Conversation } from './conversation.ts'
import type { ConversationLog } from './conversation-log.ts'
import type { Stored } from './stored.ts'

/** What a decision looks at: every adapter has its own way to hold it. */
export type ConversationView = Pick<
  Conversation,
  'type' | 'memberCount' | 'ownerCount' | 'roleOf' | 'created'
> & {
  readonly log: Pick<ConversationLog, 'find'>
}

/** What an entry changes beside being appended. */
export type Change =
  | { readonly change: 'begin'; readonly type: 'direct' | 'group'; readonly title: string | undefined }
  | { readonly change: 'join'; readonly user: string; readonly role: Role }
  | { readonly change: 'leave'; readonly user: string }
  | { readonly change: 'role'; readonly user: string; readonly role: Role }
  | { readonly change: 'title'; readonly title: string }

export type Refusal = { readonly do: 'refuse'; readonly code: RefusalCode; readonly message: string }

/** The answer to one entry: a pure function of the entry, the state and the clock. */
export type Decision =
  | Refusal
  | { readonly do: 'repeat'; readonly stored: Stored }
  | { readonly do: 'append'; readonly body: Body; readonly changes: readonly Change[] }

export const refuse = (code: RefusalCode, message: string): Refusal => ({ do: 'refuse', code, message })
