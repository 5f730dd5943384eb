import {
  type ConversationState,
  type Cursor,
  LIMITS,
  type Marks,
  type Resume,
  USER_LOG,
} from '@skein/protocol'
import { isVoid, mergeCursors, missingCount } from '../delivery/cursors.ts'
import type { UserState } from '../store/store.ts'

/** What a resume calls for, decided from what the client holds and what the log holds. */
export interface ResumePlan {
  readonly userLog:
    | { readonly is: 'new' }
    /** What the client holds is void: every conversation is told anew. */
    | { readonly is: 'reset' }
    | { readonly is: 'missing'; readonly cursor: Cursor }
    | { readonly is: 'current' }
  /** The client does not know these: their states are told. */
  readonly unknown: readonly ConversationState[]
  /** The client holds a void cursor of these. */
  readonly reset: readonly ConversationState[]
  /** The client may miss events of these; newest first. `missing` is zero when nothing is. */
  readonly listed: readonly {
    readonly state: ConversationState
    readonly cursor: Cursor
    readonly missing: number
  }[]
}

/** A client that missed more of its own log than this is told every state instead. */
const USER_LOG_MISSING_MAX = 5 * LIMITS.pageEvents

export function planResume(resume: Resume, held: UserState): ResumePlan {
  const userLog = planUserLog(resume.cursors[USER_LOG], held.log)
  const forgets = userLog.is === 'new' || userLog.is === 'reset'
  const unknown: ConversationState[] = []
  const reset: ConversationState[] = []
  const listed: { state: ConversationState; cursor: Cursor; missing: number }[] = []
  for (const state of held.conversations) {
    const cursor = forgets ? undefined : resume.cursors[state.conversation]
    if (cursor === undefined) unknown.push(state)
    else if (isVoid(cursor, state.heads)) reset.push(state)
    else {
      const from = mergeCursors(cursor, state.from)
      listed.push({ state, cursor: from, missing: missingCount(from, state.heads) })
    }
  }
  return { userLog, unknown, reset, listed }
}

function planUserLog(cursor: Cursor | undefined, log: Marks): ResumePlan['userLog'] {
  if (cursor === undefined) return { is: 'new' }
  if (isVoid(cursor, log)) return { is: 'reset' }
  const missing = missingCount(cursor, log)
  if (missing > USER_LOG_MISSING_MAX) return { is: 'reset' }
  return missing === 0 ? { is: 'current' } : { is: 'missing', cursor }
}
