import { hlcFromMs, unreachable, uuidv7TimeMs } from '@skein/core'
import { isStorable, isUserLog, LIMITS, type Body } from '@skein/protocol'
import type { CommitEntry } from '../store.ts'
import { decideCreate, decideMember, decideTitle } from './decide-kinds.ts'
import { refuse, type Committed, type ConversationView, type Decision } from './decision.ts'

export interface Situation {
  /** The entry's conversation as the entries before it left it. */
  readonly conversation: ConversationView | undefined
  readonly nowMs: number
  /** Whether an entry of the same sender and conversation was accepted earlier in the batch. */
  readonly acceptedInBatch: (clientId: string) => boolean
}

/** The checks in the order that the contract (testkit, STORE.md) gives them. */
export function decide(entry: CommitEntry, situation: Situation): Decision {
  const body = parseBody(entry.body)
  if (body === undefined) return refuse('malformed', 'the body is no JSON object')
  if (!isStorable(body))
    return refuse('unstorable', 'the body holds NUL or half of a surrogate pair: leave it out')
  if (isUserLog(entry.conversation)) return refuse('malformed', 'nobody sends to a user log')
  if (uuidv7TimeMs(entry.clientId) < situation.nowMs - LIMITS.clientIdMaxAgeMs) {
    return refuse('expired', 'the clientId is too old to know whether it was sent before: send it anew')
  }
  const before = situation.conversation?.log.find(entry.sender, entry.clientId)
  if (before !== undefined) return repeated(entry, before)
  if (entry.afterHlc !== undefined && entry.afterHlc > hlcFromMs(situation.nowMs + LIMITS.maxSkewMs)) {
    return refuse('clockSkew', 'afterHlc is too far ahead of the clock here: check the clocks')
  }
  if (entry.after !== undefined && !isCommitted(entry.sender, entry.after, situation)) {
    return refuse('outOfOrder', `${entry.after} is not committed yet: send it first`)
  }
  return decideKind(entry, body, situation.conversation)
}

const isCommitted = (
  sender: string,
  clientId: string,
  { conversation, acceptedInBatch }: Situation,
): boolean => conversation?.log.find(sender, clientId) !== undefined || acceptedInBatch(clientId)

function decideKind(entry: CommitEntry, body: Body, conversation: ConversationView | undefined): Decision {
  switch (entry.kind) {
    case 'create':
      return decideCreate(entry, body, conversation)
    case 'message':
    case 'member':
    case 'title':
      break
    default:
      return unreachable(entry.kind)
  }
  if (conversation === undefined) return refuse('conversationUnknown', 'create the conversation first')
  const role = entry.authority === 'system' ? 'system' : conversation.roleOf(entry.sender)
  if (entry.kind !== 'message' && conversation.type === 'direct') {
    return refuse('forbidden', 'the members and the title of a direct conversation do not change')
  }
  if (role === undefined) return refuse('notMember', `${entry.sender} is no member`)
  if (entry.kind === 'message') return { do: 'append', body, changes: [] }
  if (entry.kind === 'title') return decideTitle(body, role)
  return decideMember(entry, body, role, conversation)
}

function repeated(entry: CommitEntry, before: Committed): Decision {
  const same = before.record.event.kind === entry.kind && before.bodyText === entry.body
  if (same) return { do: 'repeat', stored: before }
  return refuse('clientIdReused', 'this clientId was committed with another body: take a new one')
}

function parseBody(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What JSON.parse made holds only JSON, so that an object is a body. */
const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
