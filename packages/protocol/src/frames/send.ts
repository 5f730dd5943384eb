import * as z from 'zod/mini'
import { SENDABLE_KINDS } from '../event.ts'
import { Body, ClientId, ConversationId, HlcValue } from '../values.ts'

/** Asks for an event to be committed. Answered by `ack` or `refused`, whichever the number of retries. */
export const Send = z.object({
  t: z.literal('send'),
  conversation: ConversationId,
  clientId: ClientId,
  kind: z.enum(SENDABLE_KINDS),
  body: Body,
  /** clientId of the preceding send of the same outbox in this conversation that is not yet durable. */
  after: z.optional(ClientId),
  /** Highest hlc of this outbox's acknowledgements. */
  afterHlc: z.optional(HlcValue),
})
export type Send = z.infer<typeof Send>
