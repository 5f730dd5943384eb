import { assert, unreachable } from '@skein/core'
import type { CommitEntry, CommitOutcome, LogRecord } from '../store.ts'
import type { Conversation } from './conversation.ts'
import { UNDER_LOCK } from './conversation-log.ts'
import { decide } from '../decide/decide.ts'
import type { Change, Decision } from '../decide/decision.ts'
import type { MemoryDatabase } from './memory-database.ts'
import { keyOf } from './rows.ts'
import type { Stored } from './stored.ts'
import type { Transaction } from './transaction.ts'

/** Decides and applies entry by entry: each is judged against what those before it have left. */
export function commitEntries(
  transaction: Transaction,
  entries: readonly CommitEntry[],
): readonly CommitOutcome[] {
  const accepted = new Set<string>()
  return entries.map((entry) => {
    const sender = `${keyOf(entry.app, entry.conversation)} ${entry.sender}`
    const conversation = transaction.database.conversations.get(keyOf(entry.app, entry.conversation))
    const decision = decide(entry, {
      conversation,
      nowMs: transaction.nowMs,
      acceptedInBatch: (clientId) => accepted.has(`${sender} ${clientId}`),
    })
    if (decision.do !== 'refuse') accepted.add(`${sender} ${entry.clientId}`)
    return apply(transaction, entry, conversation, decision)
  })
}

export function checkLanes(database: MemoryDatabase, lane: number, entries: readonly CommitEntry[]): void {
  for (const { app, conversation } of entries) {
    assert(database.laneOf(app, conversation) === lane, `${conversation} of ${app} is not in lane ${lane}`)
  }
}

function apply(
  transaction: Transaction,
  entry: CommitEntry,
  existing: Conversation | undefined,
  decision: Decision,
): CommitOutcome {
  switch (decision.do) {
    case 'refuse':
      return { status: 'refused', code: decision.code, message: decision.message }
    case 'repeat':
      return { status: 'committed', record: decision.stored.record, duplicate: true, also: [] }
    case 'append':
      return append(transaction, entry, existing, decision)
    default:
      return unreachable(decision)
  }
}

function append(
  transaction: Transaction,
  entry: CommitEntry,
  existing: Conversation | undefined,
  decision: Extract<Decision, { do: 'append' }>,
): CommitOutcome {
  const begin = decision.changes[0]
  const conversation =
    begin?.change === 'begin'
      ? transaction.beginConversation(entry.app, entry.conversation, begin.type, begin.title)
      : existing
  assert(conversation !== undefined, 'only a create is accepted without a conversation')
  const before = decision.changes.length > 0 ? conversation.log.cursor(UNDER_LOCK) : {}
  const { sender, clientId, kind, body: bodyText, afterHlc } = entry
  const draft = {
    sender,
    clientId,
    kind,
    body: decision.body,
    bodyText,
    ...(afterHlc !== undefined && { afterHlc }),
  }
  const stored = transaction.append(conversation.log, draft)
  const also: LogRecord[] = []
  for (const change of decision.changes) {
    const record = applyChange(transaction, conversation, stored, before, change)
    if (record !== undefined) also.push(record)
  }
  return { status: 'committed', record: stored.record, duplicate: false, also }
}

function applyChange(
  transaction: Transaction,
  conversation: Conversation,
  stored: Stored,
  before: Readonly<Record<string, number>>,
  change: Change,
): LogRecord | undefined {
  const { app, id } = conversation.log
  switch (change.change) {
    case 'begin':
      return undefined
    case 'join':
      return join(transaction, conversation, stored, before, change)
    case 'leave': {
      transaction.undo.push(conversation.leave(change.user, stored))
      const until = conversation.log.cursor(UNDER_LOCK)
      return transaction.appendUserLog(app, change.user, 'left', { conversation: id, until })
    }
    case 'role':
      transaction.undo.push(conversation.changeRole(change.user, change.role))
      return transaction.appendUserLog(app, change.user, 'role', { conversation: id, role: change.role })
    case 'title':
      transaction.undo.push(conversation.setTitle(change.title))
      return undefined
    default:
      return unreachable(change)
  }
}

function join(
  transaction: Transaction,
  conversation: Conversation,
  opened: Stored,
  before: Readonly<Record<string, number>>,
  { user, role }: Extract<Change, { change: 'join' }>,
): LogRecord {
  const { app, id } = conversation.log
  const read = conversation.log.heads(UNDER_LOCK)
  transaction.undo.push(conversation.join(user, { from: { ...before }, role, opened }, read))
  const row = transaction.user(app, user)
  if (!row.conversations.has(conversation)) {
    row.conversations.add(conversation)
    transaction.undo.push(() => row.conversations.delete(conversation))
  }
  const peer = conversation.type === 'direct' ? directPeer(opened, user) : undefined
  return transaction.appendUserLog(app, user, 'joined', {
    conversation: id,
    type: conversation.type,
    ...(conversation.title !== undefined && { title: conversation.title }),
    ...(peer !== undefined && { peer }),
    role,
    from: { ...before },
    read: structuredClone(read),
  })
}

/** While a direct conversation begins, its users are told by the create. */
function directPeer(created: Stored, user: string): string | undefined {
  const { sender, body } = created.record.event
  if (user !== sender) return sender
  return typeof body['with'] === 'string' ? body['with'] : undefined
}
