import * as z from 'zod/mini'
import { LIMITS } from '../limits.ts'

/** Renews the token of a live connection; same app and user. Answered by `renewed` or `error`. */
export const Auth = z.object({
  t: z.literal('auth'),
  token: z.string().check(z.minLength(1), z.maxLength(LIMITS.tokenLength)),
})
export type Auth = z.infer<typeof Auth>
