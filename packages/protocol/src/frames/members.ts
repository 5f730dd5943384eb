import * as z from 'zod/mini'
import { LIMITS } from '../limits.ts'
import { ConversationId, RequestId, UserId } from '../values.ts'

/** Asks for the members of a conversation, sorted by user id, after one. */
export const Members = z.object({
  t: z.literal('members'),
  requestId: RequestId,
  conversation: ConversationId,
  after: z.optional(UserId),
  limit: z.optional(z.int().check(z.minimum(1), z.maximum(LIMITS.pageMembers))),
})
export type Members = z.infer<typeof Members>
