import * as z from 'zod/mini'
import { Event } from '../event.ts'
import { ConversationId, Cursor, LogId, RequestId, Role, UserId } from '../values.ts'

/** Answers `sync`. `cursor` also covers what the member may not see; `more: false` means live from here. */
export const SyncPage = z.object({
  t: z.literal('syncPage'),
  requestId: RequestId,
  conversation: LogId,
  events: z.array(Event),
  cursor: Cursor,
  more: z.boolean(),
})
export type SyncPage = z.infer<typeof SyncPage>

/** Answers `history`, ascending in the timeline's order. `more`: there is more in the asked direction. */
export const HistoryPage = z.object({
  t: z.literal('historyPage'),
  requestId: RequestId,
  conversation: ConversationId,
  events: z.array(Event),
  more: z.boolean(),
})
export type HistoryPage = z.infer<typeof HistoryPage>

/** Answers `members`. */
export const MembersPage = z.object({
  t: z.literal('membersPage'),
  requestId: RequestId,
  conversation: ConversationId,
  members: z.array(z.object({ user: UserId, role: Role, name: z.optional(z.string()) })),
  more: z.boolean(),
})
export type MembersPage = z.infer<typeof MembersPage>
