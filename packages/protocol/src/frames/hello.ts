import * as z from 'zod/mini'
import { LIMITS } from '../limits.ts'

/** First frame of a connection. A `resume` may follow it in the same message. */
export const Hello = z.object({
  t: z.literal('hello'),
  token: z.string().check(z.minLength(1), z.maxLength(LIMITS.tokenLength)),
  /** Name and version of the client, for operators. */
  client: z.optional(z.string().check(z.maxLength(64))),
})
export type Hello = z.infer<typeof Hello>
