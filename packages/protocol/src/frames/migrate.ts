import * as z from 'zod/mini'
import { LIMITS } from '../limits.ts'
import { Milliseconds } from '../values.ts'

/** The client should move to another connection, make-before-break (SPEC, MIG rules). */
export const Migrate = z.object({
  t: z.literal('migrate'),
  /** New attempts begin within this time; after it the server may close. */
  withinMs: Milliseconds,
  /** The node to move to, as a hint for a proxy: `?node=` in the connection's URL. */
  node: z.optional(z.string().check(z.minLength(1), z.maxLength(LIMITS.idLength))),
  /** Where to connect, when clients reach nodes directly. */
  url: z.optional(z.string().check(z.minLength(1), z.maxLength(LIMITS.urlLength))),
  /** For people. */
  reason: z.string(),
})
export type Migrate = z.infer<typeof Migrate>
