import * as z from 'zod/mini'
import { LIMITS } from '../limits.ts'
import { Cursor, LogId, RequestId } from '../values.ts'

/** Asks for what comes after a cursor. The page that reaches the head also makes the session live there. */
export const Sync = z.object({
  t: z.literal('sync'),
  requestId: RequestId,
  conversation: LogId,
  cursor: Cursor,
  limit: z.optional(z.int().check(z.minimum(1), z.maximum(LIMITS.pageEvents))),
})
export type Sync = z.infer<typeof Sync>
