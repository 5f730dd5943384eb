import * as z from 'zod/mini'
import { ClientId, ConversationId, Milliseconds, RequestId, WireErrorCode } from '../values.ts'

/** A send was not committed (or it is not known whether: `indeterminate`). The code's remedy says what next. */
export const Refused = z.object({
  t: z.literal('refused'),
  conversation: ConversationId,
  clientId: ClientId,
  code: WireErrorCode,
  message: z.string(),
  retryAfterMs: z.optional(Milliseconds),
})
export type Refused = z.infer<typeof Refused>

/** Anything else that went wrong: with a request's id, or about the connection as a whole. */
export const ErrorFrame = z.object({
  t: z.literal('error'),
  code: WireErrorCode,
  message: z.string(),
  requestId: z.optional(RequestId),
  /** What it is about, where a frame without a request id was refused (`read`, `typing`). */
  conversation: z.optional(ConversationId),
  retryAfterMs: z.optional(Milliseconds),
})
export type ErrorFrame = z.infer<typeof ErrorFrame>
