import * as z from 'zod/mini'
import { SENDABLE_KINDS } from '../event.ts'
import {
  Body,
  ClientId,
  ConversationId,
  HlcValue,
  isBody,
  isClientId,
  isConversationId,
  isHlcValue,
} from '../values.ts'

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

/**
 * A message that is plainly good, without the schema's cost: the one frame that comes thousands of times a
 * second. Undefined: the schema is to judge.
 */
export function plainSend(fields: Readonly<Record<string, unknown>>): Send | undefined {
  if (fields['t'] !== 'send' || fields['kind'] !== 'message') return undefined
  const { conversation, clientId, body, after, afterHlc } = fields
  if (!isConversationId(conversation) || !isClientId(clientId) || !isBody(body)) return undefined
  const send: Send = { t: 'send', conversation, clientId, kind: 'message', body }
  if (after !== undefined) {
    if (!isClientId(after)) return undefined
    send.after = after
  }
  if (afterHlc !== undefined) {
    if (!isHlcValue(afterHlc)) return undefined
    send.afterHlc = afterHlc
  }
  return send
}
