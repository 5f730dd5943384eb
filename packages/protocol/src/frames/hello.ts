import * as z from 'zod/mini'
import { LIMITS } from '../limits.ts'
import { RequestId } from '../values.ts'

/** First frame of a connection. A `resume` may follow it in the same message. */
export const Hello = z.object({
  t: z.literal('hello'),
  token: z.string().check(z.minLength(1), z.maxLength(LIMITS.tokenLength)),
  /** Name and version of the client, for operators. */
  client: z.optional(z.string().check(z.maxLength(64))),
  /** Random name of this instance of the client, the same over all of its connections (HELLO8). */
  instance: z.optional(RequestId),
})
export type Hello = z.infer<typeof Hello>
