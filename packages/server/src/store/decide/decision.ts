import type { Body, Role } from '@skein/protocol'
import type { LogRecord, RefusalCode } from '../store.ts'

/** An event that was committed, with its body as it was sent: what a retry is compared with. */
export interface Committed {
  readonly record: LogRecord
  readonly bodyText: string
}

/** What a decision looks at: every adapter has its own way to hold it. */
export interface ConversationView {
  readonly type: 'direct' | 'group'
  readonly memberCount: number
  readonly ownerCount: number
  /** Its `create` event. */
  readonly created: Committed | undefined
  roleOf(user: string): Role | undefined
  readonly log: { find(sender: string, clientId: string): Committed | undefined }
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
  | { readonly do: 'repeat'; readonly stored: Committed }
  | { readonly do: 'append'; readonly body: Body; readonly changes: readonly Change[] }

export const refuse = (code: RefusalCode, message: string): Refusal => ({ do: 'refuse', code, message })
