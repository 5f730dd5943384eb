import * as z from 'zod/mini'
import { ClientId, ConversationId, HlcValue, Milliseconds, Origin, Seq } from '../values.ts'

/** The event is committed: `durable` here, `stable` in another region too (a single region: both at once). */
export const Ack = z.object({
  t: z.literal('ack'),
  conversation: ConversationId,
  clientId: ClientId,
  level: z.enum(['durable', 'stable']),
  origin: Origin,
  seq: Seq,
  hlc: HlcValue,
  at: Milliseconds,
})
export type Ack = z.infer<typeof Ack>

/** All events of the conversation and origin up to `seq` are stable. */
export const Stable = z.object({
  t: z.literal('stable'),
  conversation: ConversationId,
  origin: Origin,
  seq: Seq,
})
export type Stable = z.infer<typeof Stable>
