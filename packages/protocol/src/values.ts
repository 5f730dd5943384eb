import * as z from 'zod/mini'
import { LIMITS } from './limits.ts'

/** User ids: what products have (e-mail addresses, UUIDs, numbers). `@` and `$` cannot come first. */
export const UserId = z.string().check(z.regex(/^[A-Za-z0-9_][\w.@:+~=-]*$/), z.maxLength(LIMITS.idLength))
export type UserId = z.infer<typeof UserId>

/** The sender of what the product's backend says in its own name. */
export const SYSTEM_SENDER = '$system'
export const Sender = z.union([UserId, z.literal(SYSTEM_SENDER)])

/** A tenant. */
export const AppId = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]*$/), z.maxLength(LIMITS.appIdLength))

const CONVERSATION_ID = /^[A-Za-z0-9_][\w.@:+~=-]*$/
export const ConversationId = z.string().check(z.regex(CONVERSATION_ID), z.maxLength(LIMITS.idLength))
export const isConversationId = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= LIMITS.idLength && CONVERSATION_ID.test(value)

/** A log that a session follows: a conversation, or `@me`, its own system log. Nobody else's can be named. */
export const LogId = z
  .string()
  .check(z.regex(/^(@me|[A-Za-z0-9_][\w.@:+~=-]*)$/), z.maxLength(LIMITS.idLength))

const CLIENT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
export const ClientId = z.string().check(z.regex(CLIENT_ID))
export const isClientId = (value: unknown): value is string =>
  typeof value === 'string' && CLIENT_ID.test(value)

export const RequestId = z.string().check(z.minLength(1), z.maxLength(LIMITS.idLength))

/** `region.incarnation` */
export const Origin = z.string().check(z.regex(/^[a-z0-9-]{1,32}\.[a-z0-9]{1,32}$/))
export type Origin = z.infer<typeof Origin>

const natural = () => z.int().check(z.nonnegative())
export const Seq = natural()
export const HlcValue = natural()
export const isHlcValue = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0
export const Milliseconds = natural()

/** Up to and including which seq of each origin. Missing origin: nothing of it. */
export const Cursor = z
  .record(Origin, Seq)
  .check(z.refine((cursor) => Object.keys(cursor).length <= LIMITS.originsPerCursor, 'too many origins'))
export type Cursor = z.infer<typeof Cursor>

export const Role = z.enum(['owner', 'admin', 'member'])
export type Role = z.infer<typeof Role>

/** Heads and read marks: per origin, a seq and the running count of countable events up to it. */
export const Mark = z.object({ seq: Seq, count: natural() })
export type Mark = z.infer<typeof Mark>
export const Marks = z.record(Origin, Mark)
export type Marks = z.infer<typeof Marks>

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

type JsonObject = { [key: string]: JsonValue }

/** For what came out of a JSON parser. */
export const isBody = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Any JSON of a message: an object, so that it can grow. What is inside came out of a JSON parser and is
 * not walked again here: bodies are the largest part of most frames. See `inspectBody` for their limits.
 */
export const Body = z.custom<JsonObject>((value) => isBody(value), 'a body is a JSON object')
export type Body = z.infer<typeof Body>

export const WireErrorCode = z.string().check(z.minLength(1), z.maxLength(64))
