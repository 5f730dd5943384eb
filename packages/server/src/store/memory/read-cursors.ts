import type { Marks } from '@skein/protocol'
import type { LogRecord, ReadCursorUpdate, ReadMerge } from '../store.ts'
import { keyOf } from './rows.ts'
import type { Transaction } from './transaction.ts'

/** Merges one read cursor: by maximum, clamped to the heads. What moved is written to the user's log. */
export function mergeRead(transaction: Transaction, update: ReadCursorUpdate): ReadMerge {
  const { app, user, conversation: id, cursor } = update
  const conversation = transaction.database.conversations.get(keyOf(app, id))
  if (conversation?.roleOf(user) === undefined) return { read: {} }
  const read: Marks = structuredClone(conversation.readOf(user))
  let moved = false
  for (const [origin, seq] of Object.entries(cursor)) {
    const mark = conversation.log.markAt(origin, seq)
    if (mark === undefined || mark.seq <= (read[origin]?.seq ?? 0)) continue
    read[origin] = mark
    moved = true
  }
  if (!moved) return { read }
  transaction.undo.push(conversation.setRead(user, read))
  const record = transaction.appendUserLog(app, user, 'read', {
    conversation: id,
    read: structuredClone(read),
  })
  return { read: structuredClone(read), record }
}

/** Tokens issued before no longer count; by maximum. */
export function revoke(transaction: Transaction, app: string, user: string, validAfterMs: number): LogRecord {
  const row = transaction.user(app, user)
  const before = row.sessionsValidAfterMs
  row.sessionsValidAfterMs = Math.max(before, validAfterMs)
  transaction.undo.push(() => {
    row.sessionsValidAfterMs = before
  })
  return transaction.appendUserLog(app, user, 'revoked', { validAfter: row.sessionsValidAfterMs })
}
