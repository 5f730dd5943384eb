import { LIMITS, USER_LOG, type Cursor, type Resume } from '@skein/protocol'
import type { ConversationRecord } from './record.ts'

/** Leaves room in one message for the hello with its token. */
const CURSOR_BYTES = LIMITS.messageBytes - LIMITS.tokenLength * 3 - 4_096

const sizeOf = (id: string, cursor: Cursor): number => JSON.stringify({ [id]: cursor }).length

/** What is held, the most recently active first; what does not fit is told anew by its state. */
export function buildResume(
  userLog: Cursor | undefined,
  records: readonly ConversationRecord[],
  unstable: Readonly<Record<string, Cursor>>,
): Resume {
  let bytes = 0
  const cursors: Record<string, Cursor> = {}
  const told: Record<string, Cursor> = {}
  const add = (to: Record<string, Cursor>, id: string, cursor: Cursor): void => {
    bytes += sizeOf(id, cursor)
    if (bytes > CURSOR_BYTES || Object.keys(to).length >= LIMITS.cursorsPerResume) return
    to[id] = cursor
  }
  if (userLog !== undefined) {
    add(cursors, USER_LOG, userLog)
    let count = 1
    for (const [id, cursor] of Object.entries(unstable).slice(0, LIMITS.cursorsPerResume))
      add(told, id, cursor)
    for (const { id, cursor, joined } of records) {
      if (bytes > CURSOR_BYTES || count >= LIMITS.cursorsPerResume) break
      if (!joined || cursor === undefined) continue
      add(cursors, id, cursor)
      count++
    }
  }
  return { t: 'resume', cursors, ...(Object.keys(told).length > 0 && { unstable: told }) }
}
