import * as z from 'zod/mini'
import { ConversationState } from '../event.ts'
import { Cursor, LogId } from '../values.ts'

/** States of conversations that the client did not list; the session is live from their heads on. */
export const Conversations = z.object({ t: z.literal('conversations'), items: z.array(ConversationState) })
export type Conversations = z.infer<typeof Conversations>

/** The client's cursor is no longer live: it pages `sync` from its own cursor at its own pace. */
export const Behind = z.object({ t: z.literal('behind'), conversations: z.array(LogId) })
export type Behind = z.infer<typeof Behind>

/**
 * The cursor names an incarnation that is unknown here, or is ahead of its head: what the client
 * holds of that log is void. It forgets it (for `@me`: every conversation) and goes on from `cursor`,
 * from which the session is live.
 */
export const Reset = z.object({ t: z.literal('reset'), conversation: LogId, cursor: Cursor })
export type Reset = z.infer<typeof Reset>
