import * as z from 'zod/mini'
import { LIMITS } from '../limits.ts'
import { Cursor, LogId } from '../values.ts'

/**
 * What the client holds. `cursors['@me']` is its own system log; without it the client is new and
 * gets every conversation's state. A conversation that is not listed is told by its state.
 */
export const Resume = z.object({
  t: z.literal('resume'),
  cursors: z
    .record(LogId, Cursor)
    .check(z.refine((cursors) => Object.keys(cursors).length <= LIMITS.cursorsPerResume, 'too many cursors')),
  /** Positions acknowledged as durable but not yet stable. */
  unstable: z.optional(
    z
      .record(LogId, Cursor)
      .check(
        z.refine((cursors) => Object.keys(cursors).length <= LIMITS.cursorsPerResume, 'too many cursors'),
      ),
  ),
})
export type Resume = z.infer<typeof Resume>
