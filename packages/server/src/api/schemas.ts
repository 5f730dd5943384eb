import {
  ClientId,
  LIMITS,
  Role,
  SYSTEM_SENDER,
  UserId,
  isStorable,
  messageId,
  type Event,
} from '@skein/protocol'
import * as z from 'zod'

/** A conversation that the API may name: not a user's system log. */
export const ConversationName = z
  .string()
  .max(LIMITS.idLength)
  .regex(/^[A-Za-z0-9_][\w.@:+~=-]*$/, 'letters, digits and _ . @ : + ~ = -, the first a letter, digit or _')

const storable = z.string().refine(isStorable, 'NUL and half surrogate pairs cannot be stored')

export const DisplayName = storable.min(1).max(LIMITS.titleLength)
export const TitleText = storable.max(LIMITS.titleLength)

export const PageLimit = z.coerce.number().int().min(1).max(LIMITS.pageMembers).default(50)
export const HistoryLimit = z.coerce.number().int().min(1).max(LIMITS.pageEvents).default(50)

export const UserParams = z.object({ user: UserId })
export const ConversationParams = z.object({ conversation: ConversationName })
export const MemberParams = z.object({ conversation: ConversationName, user: UserId })

/** Any JSON object; its depth, size and text are looked at by the handler, which names the fault. */
export const MessageBody = z.record(z.string(), z.unknown())

export const UserView = z.object({ user: UserId, name: z.string().optional() })
export const MemberView = z.object({ user: UserId, role: Role, name: z.string().optional() })

/** Where a committed event stands. */
export const CommittedView = z.object({
  conversation: z.string(),
  clientId: ClientId,
  origin: z.string(),
  seq: z.number(),
  hlc: z.number(),
  at: z.number(),
  /** It had been committed before, by an earlier attempt. */
  duplicate: z.boolean(),
})

export const EventView = z.object({
  id: z.string().describe('Names the message in edits, replies and reactions.'),
  origin: z.string(),
  seq: z.number(),
  hlc: z.number(),
  sender: z.union([UserId, z.literal(SYSTEM_SENDER)]),
  clientId: ClientId,
  kind: z.string(),
  body: MessageBody,
  at: z.number(),
})

export const eventView = ({
  origin,
  seq,
  hlc,
  sender,
  clientId,
  kind,
  body,
  at,
}: Event): z.infer<typeof EventView> => ({
  id: messageId(sender, clientId),
  origin,
  seq,
  hlc,
  sender,
  clientId,
  kind,
  body,
  at,
})

export const MarksView = z.record(z.string(), z.object({ seq: z.number(), count: z.number() }))

/** A place in a timeline, as one word. */
export const PlaceText = z
  .string()
  .regex(/^\d{1,16}:[a-z0-9-]{1,32}\.[a-z0-9]{1,32}:\d{1,16}$/, 'take it from an earlier page')

export function parsePlace(text: string): {
  readonly hlc: number
  readonly origin: string
  readonly seq: number
} {
  const [hlc = '', origin = '', seq = ''] = text.split(':')
  return { hlc: Number(hlc), origin, seq: Number(seq) }
}

export const placeOf = ({ hlc, origin, seq }: Pick<Event, 'hlc' | 'origin' | 'seq'>): string =>
  `${hlc}:${origin}:${seq}`

export const ProblemView = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
  field: z.string().optional(),
  retryAfterMs: z.number().optional(),
})

const problemResponse = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemView } },
})

/** The error answers that every route may give. */
export const PROBLEM_RESPONSES = {
  '4xx': problemResponse('The request cannot be done; the problem says what to change.'),
  '5xx': problemResponse('Not now; retry after the time that the problem names.'),
}
