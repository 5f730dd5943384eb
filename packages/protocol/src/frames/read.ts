import * as z from 'zod/mini'
import { ConversationId, Cursor } from '../values.ts'

/** Says up to where the user has read. Merged by maximum; never answered, except when wrong. */
export const Read = z.object({ t: z.literal('read'), conversation: ConversationId, cursor: Cursor })
export type Read = z.infer<typeof Read>
