import * as z from 'zod/mini'
import { AppId, Milliseconds, Origin, RequestId, UserId } from '../values.ts'

/** The session is authenticated. */
export const Welcome = z.object({
  t: z.literal('welcome'),
  session: RequestId,
  app: AppId,
  user: UserId,
  /** The node that serves, for people. */
  node: z.string(),
  /** Where this region writes now. */
  origin: Origin,
  /** The client sends something at least this often. */
  heartbeatMs: Milliseconds,
  /** The server's wall clock. */
  at: Milliseconds,
  /** When the token must have been renewed. */
  expiresAt: Milliseconds,
  revision: z.int(),
})
export type Welcome = z.infer<typeof Welcome>

/** Answers `auth`. */
export const Renewed = z.object({ t: z.literal('renewed'), expiresAt: Milliseconds })
export type Renewed = z.infer<typeof Renewed>
