import { userLogId, type ConversationState, type Marks, type Role } from '@skein/protocol'
import type { ConversationFacts, MembersRequest, MembersResult, UserKey, UserState } from '../store.ts'
import type { Conversation } from './conversation.ts'
import { currentInterval, isInside, knownIntervals } from './intervals.ts'
import { lowerBound } from './lower-bound.ts'
import type { MemoryDatabase } from './memory-database.ts'
import { keyOf } from './rows.ts'
import { profileOf } from './state-records.ts'
import { visibleLength } from './stored.ts'

export function userState(database: MemoryDatabase, { app, user }: UserKey): UserState {
  const nowMs = database.nowMs()
  const row = database.users.get(keyOf(app, user))
  const found: { readonly state: ConversationState; readonly hlc: number }[] = []
  for (const conversation of row?.conversations ?? []) {
    const state = conversationState(conversation, user, nowMs)
    if (state === undefined) continue
    const { timeline } = conversation.log
    found.push({ state, hlc: timeline[visibleLength(timeline, nowMs) - 1]?.record.event.hlc ?? 0 })
  }
  return {
    log: database.logs.get(keyOf(app, userLogId(user)))?.heads(nowMs) ?? {},
    conversations: found.toSorted((one, other) => other.hlc - one.hlc).map(({ state }) => state),
    sessionsValidAfterMs: row?.sessionsValidAfterMs ?? 0,
  }
}

function conversationState(
  conversation: Conversation,
  user: string,
  nowMs: number,
): ConversationState | undefined {
  const interval = currentInterval(conversation.intervalsOf(user), nowMs)
  if (interval === undefined) return undefined
  const peer = conversation.peerOf(user)
  const heads = conversation.log.heads(nowMs)
  const last = lastVisible(conversation, user, nowMs)
  return {
    conversation: conversation.log.id,
    type: conversation.type,
    ...(conversation.title !== undefined && { title: conversation.title }),
    ...(peer !== undefined && { peer }),
    role: interval.role,
    from: { ...interval.from },
    heads,
    read: readWithin(conversation.readOf(user), heads),
    ...(last !== undefined && { last }),
  }
}

/** What was read is not ahead of heads that are still on their way to this reader. */
function readWithin(read: Marks, heads: Marks): Marks {
  const within: Marks = {}
  for (const [origin, mark] of Object.entries(read)) {
    const head = heads[origin]
    if (head !== undefined) within[origin] = { ...(mark.seq > head.seq ? head : mark) }
  }
  return within
}

function lastVisible(conversation: Conversation, user: string, nowMs: number): ConversationState['last'] {
  const { messages } = conversation.log
  const intervals = knownIntervals(conversation.intervalsOf(user), nowMs)
  const firstHlc = intervals[0]?.opened.record.event.hlc ?? 0
  for (let index = visibleLength(messages, nowMs) - 1; index >= 0; index--) {
    const event = messages[index]?.record.event
    // Everything before the first joining is hidden.
    if (event === undefined || event.hlc < firstHlc) return undefined
    if (intervals.some((interval) => isInside(interval, event.origin, event.seq, nowMs))) return event
  }
  return undefined
}

export function conversationFacts(
  database: MemoryDatabase,
  app: string,
  id: string,
): ConversationFacts | undefined {
  const nowMs = database.nowMs()
  const conversation = database.conversations.get(keyOf(app, id))
  const created = conversation?.created
  if (conversation === undefined || created === undefined || created.visibleAtMs > nowMs) return undefined
  return {
    conversation: id,
    type: conversation.type,
    ...(conversation.title !== undefined && { title: conversation.title }),
    members: conversation.membersAt(nowMs).length,
    heads: conversation.log.heads(nowMs),
    createdAt: created.record.event.at,
  }
}

export function roleOf(database: MemoryDatabase, app: string, id: string, user: string): Role | undefined {
  const intervals = database.conversations.get(keyOf(app, id))?.intervalsOf(user) ?? []
  return currentInterval(intervals, database.nowMs())?.role
}

export function membersPage(database: MemoryDatabase, request: MembersRequest): MembersResult {
  const conversation = database.conversations.get(keyOf(request.app, request.conversation))
  const nowMs = database.nowMs()
  const sorted = conversation?.membersAt(nowMs) ?? []
  const { after } = request
  const start = after === undefined ? 0 : lowerBound(sorted.length, (index) => (sorted[index] ?? '') > after)
  const members = sorted.slice(start, start + request.limit).flatMap((user) => {
    const role = currentInterval(conversation?.intervalsOf(user) ?? [], nowMs)?.role
    const { name } = profileOf(database, request.app, user) ?? {}
    return role === undefined ? [] : [{ user, role, ...(name !== undefined && { name }) }]
  })
  return { members, more: start + request.limit < sorted.length }
}
