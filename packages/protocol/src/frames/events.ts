import * as z from 'zod/mini'
import { Event } from '../event.ts'
import { LogId } from '../values.ts'

/** New events of a conversation (or of the user's own system log), dense and in order per origin. */
export const Events = z.object({ t: z.literal('events'), conversation: LogId, events: z.array(Event) })
export type Events = z.infer<typeof Events>
