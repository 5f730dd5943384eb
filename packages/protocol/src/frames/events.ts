import * as z from 'zod/mini'
import { Event } from '../event.ts'
import { ConversationId } from '../values.ts'

/** New events of a conversation (or of the user's own system log), dense and in order per origin. */
export const Events = z.object({ t: z.literal('events'), conversation: ConversationId, events: z.array(Event) })
export type Events = z.infer<typeof Events>
