import * as z from 'zod/mini'
import { ConversationId, UserId } from '../values.ts'

/** Soft and never stored; the receiver forgets it after 6 s. `user` is filled in by the server. */
export const Typing = z.object({
  t: z.literal('typing'),
  conversation: ConversationId,
  active: z.boolean(),
  user: z.optional(UserId),
})
export type Typing = z.infer<typeof Typing>
