import * as z from 'zod/mini'
import { TimelineKey } from '../event.ts'
import { LIMITS } from '../limits.ts'
import { ConversationId, RequestId } from '../values.ts'

/** Asks for events before or after a place in the timeline; neither: the newest. */
export const History = z.object({
  t: z.literal('history'),
  requestId: RequestId,
  conversation: ConversationId,
  before: z.optional(TimelineKey),
  after: z.optional(TimelineKey),
  limit: z.optional(z.int().check(z.minimum(1), z.maximum(LIMITS.pageEvents))),
})
export type History = z.infer<typeof History>
