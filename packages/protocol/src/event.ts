import * as z from 'zod/mini'
import { LIMITS } from './limits.ts'
import {
  Body,
  ClientId,
  ConversationId,
  Cursor,
  HlcValue,
  Marks,
  Milliseconds,
  Origin,
  Role,
  Sender,
  Seq,
  UserId,
} from './values.ts'

/**
 * One entry of a conversation's log as it travels. `kind` decides the body; a reader skips kinds
 * that it does not know but counts their seq.
 */
export const Event = z.object({
  origin: Origin,
  seq: Seq,
  hlc: HlcValue,
  sender: Sender,
  clientId: ClientId,
  kind: z.string().check(z.minLength(1), z.maxLength(32)),
  body: Body,
  /** Countable events of this origin up to and including this one. */
  count: Seq,
  /** Milliseconds since 1970 on the committing database's clock. */
  at: Milliseconds,
})
export type Event = z.infer<typeof Event>

export const MemberSpec = z.object({ user: UserId, role: Role })
export type MemberSpec = z.infer<typeof MemberSpec>

const namesEachOnce = (members: readonly MemberSpec[]): boolean =>
  new Set(members.map((member) => member.user)).size === members.length

const MemberSpecs = z
  .array(MemberSpec)
  .check(z.maxLength(LIMITS.membersPerEvent), z.refine(namesEachOnce, 'a user is named twice'))
export const Title = z.string().check(z.maxLength(LIMITS.titleLength))

/** Bodies of the kinds that change a conversation. They are sent like messages and committed with their effect. */
export const CreateBody = z.discriminatedUnion('type', [
  z.object({ type: z.literal('direct'), with: UserId }),
  z.object({
    type: z.literal('group'),
    title: z.optional(Title),
    members: MemberSpecs,
  }),
])
export type CreateBody = z.infer<typeof CreateBody>

export const MemberBody = z.discriminatedUnion('change', [
  z.object({ change: z.literal('add'), members: MemberSpecs.check(z.minLength(1)) }),
  z.object({ change: z.literal('remove'), user: UserId }),
  z.object({ change: z.literal('role'), user: UserId, role: Role }),
])
export type MemberBody = z.infer<typeof MemberBody>

export const TitleBody = z.object({ title: Title })
export type TitleBody = z.infer<typeof TitleBody>

/** Kinds that a client may send. `message` is any JSON object; only it is countable. */
export const SENDABLE_KINDS = ['message', 'create', 'member', 'title'] as const
export type SendableKind = (typeof SENDABLE_KINDS)[number]

/** Kinds in a user's system log (`@me`), and their bodies. */
export const JoinedBody = z.object({
  conversation: ConversationId,
  type: z.enum(['direct', 'group']),
  title: z.optional(Title),
  /** The other user of a direct conversation. */
  peer: z.optional(UserId),
  role: Role,
  /** The member sees what comes after this. */
  from: Cursor,
  /** Where reading starts: heads at the moment of joining. */
  read: Marks,
})
export const LeftBody = z.object({
  conversation: ConversationId,
  /** The last events that the member may see: its own removal. */
  until: Cursor,
})
export const RoleBody = z.object({ conversation: ConversationId, role: Role })
export const ReadBody = z.object({ conversation: ConversationId, read: Marks })
export const RevokedBody = z.object({ validAfter: Milliseconds })
export type JoinedBody = z.infer<typeof JoinedBody>
export type LeftBody = z.infer<typeof LeftBody>
export type RoleBody = z.infer<typeof RoleBody>
export type ReadBody = z.infer<typeof ReadBody>
export type RevokedBody = z.infer<typeof RevokedBody>

export const USER_LOG_KINDS = ['joined', 'left', 'role', 'read', 'revoked'] as const
export type UserLogKind = (typeof USER_LOG_KINDS)[number]

/** What one member needs to know of a conversation beside its events. */
export const ConversationState = z.object({
  conversation: ConversationId,
  type: z.enum(['direct', 'group']),
  title: z.optional(Title),
  peer: z.optional(UserId),
  role: Role,
  /** The member sees what comes after this (its current membership interval). */
  from: Cursor,
  heads: Marks,
  read: Marks,
  /** Newest visible message, for a preview. */
  last: z.optional(Event),
})
export type ConversationState = z.infer<typeof ConversationState>

/** A place in a timeline: timelines sort by (hlc, region, seq). */
export const TimelineKey = z.object({ hlc: HlcValue, origin: Origin, seq: Seq })
export type TimelineKey = z.infer<typeof TimelineKey>
