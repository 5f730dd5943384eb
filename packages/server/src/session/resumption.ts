import {
  CLOSE,
  type ConversationState,
  type Cursor,
  LIMITS,
  type Resume,
  type ServerFrame,
  USER_LOG,
  userLogId,
} from '@skein/protocol'
import { cursorOf } from '../delivery/cursors.ts'
import { RECENT_HEADS_MS } from '../delivery/hub.ts'
import { removedUser, type LiveConversation } from '../delivery/live-conversation.ts'
import type { UserState } from '../store/store.ts'
import { problemOf } from './problem.ts'
import { planResume, type ResumePlan } from './resume-plan.ts'
import type { Admission, Session } from './session.ts'

/** Conversations in one `conversations` frame. */
const STATES_PER_FRAME = 50
/** Conversations whose missed events are read for one resume; the others are told as `behind`. */
const READ_CONVERSATIONS_MAX = 20
/** A conversation that missed more than this is paged by the client. */
const PUSHED_EVENTS_MAX = 100

type Listed = ResumePlan['listed'][number]

/** One that has to be read, kept live. */
interface Missed {
  readonly item: Listed
  readonly live: LiveConversation
}

/** Answers a resume: own log first, then every conversation, then `resumed`. */
export function runResume(session: Session, resume: Resume): void {
  // Until here only revocations were followed.
  session.follows.clear()
  void (async () => {
    try {
      await answer(session, resume)
    } catch (error) {
      if (!session.isActive) return
      session.tell(problemOf(error, session.context))
      session.close(CLOSE.overloaded, 'the resume could not be answered now')
    }
  })()
}

async function answer(session: Session, resume: Resume): Promise<void> {
  const { context } = session
  const { app, user } = session.identity
  const log = context.hub.pin(app, userLogId(user))
  try {
    const { held, readAtMs, plan } = await planFrom(session, resume)
    if (!session.isActive) return
    await catchUp(session, log, held, readAtMs)
    if (!session.isActive) return
    await answerUserLog(session, log, plan, held)
    if (!session.isActive) return
    tellStates(session, plan.unknown, readAtMs)
    for (const state of plan.reset) {
      session.frame({ t: 'reset', conversation: state.conversation, cursor: cursorOf(state.heads) })
      tellStates(session, [state], readAtMs)
    }
    session.follow(log, cursorOf(held.log), {})
    await answerListed(session, plan.listed, readAtMs)
    if (!session.isActive) return
    for (const frame of stableFrames(resume, held, context.store.identity.origin)) session.frame(frame)
    session.frame({ t: 'resumed' })
    session.dispatch({ on: 'resumed' })
    context.counters.resumes++
  } finally {
    context.hub.unpin(log)
  }
}

interface Planned extends Admission {
  readonly plan: ResumePlan
}

/** A state as old as what the hub remembers is read again: else each conversation would have to be. */
async function planFrom(session: Session, resume: Resume): Promise<Planned> {
  const { admission } = session
  session.admission = undefined
  const nowMs = session.context.runtime.clock.monotonicMs()
  if (admission !== undefined && nowMs - admission.readAtMs <= RECENT_HEADS_MS) {
    const plan = planResume(resume, admission.held)
    // A client that moves here may have heard, on its old connection, what is newer than this state.
    if (plan.reset.length === 0 && plan.userLog.is !== 'reset') return { ...admission, plan }
  }
  const { app, user } = session.identity
  const held = await session.context.users.load({ app, user })
  return { held, readAtMs: nowMs, plan: planResume(resume, held) }
}

/** Conversations that are live here and behind what was read are repaired first, once for all who resume. */
async function catchUp(
  session: Session,
  log: LiveConversation,
  held: UserState,
  readAtMs: number,
): Promise<void> {
  const { hub } = session.context
  const { app } = session.identity
  const caughtUp = [hub.catchUp(log, held.log, readAtMs)]
  const pinned: LiveConversation[] = []
  for (const { conversation, heads } of held.conversations) {
    // Others begin with this state when their turn comes.
    const live = hub.get(app, conversation)
    if (live === undefined || !live.isBehind(heads)) continue
    pinned.push(hub.pin(app, conversation))
    caughtUp.push(hub.catchUp(live, heads, readAtMs))
  }
  await Promise.all(caughtUp)
  for (const live of pinned) hub.unpin(live)
}

/** Tells the own log up to where the state was read: what is newer must come after the states, not before. */
async function answerUserLog(
  session: Session,
  log: LiveConversation,
  plan: ResumePlan,
  held: UserState,
): Promise<void> {
  const until = cursorOf(held.log)
  if (plan.userLog.is === 'new' || plan.userLog.is === 'reset') {
    session.frame({ t: 'reset', conversation: USER_LOG, cursor: until })
    return
  }
  if (plan.userLog.is !== 'missing') return
  let { cursor } = plan.userLog
  for (let more = true; more;) {
    const { app } = session.identity
    const page = await session.context.pages.load({
      app,
      conversation: log.id,
      cursor,
      limit: LIMITS.pageEvents,
    })
    if (!session.isActive) return
    const events = page.records
      .map((record) => record.event)
      .filter(({ origin, seq }) => seq <= (until[origin] ?? 0))
    if (events.length > 0) session.frame({ t: 'events', conversation: USER_LOG, events })
    cursor = page.cursor
    more = page.more && !page.reset
  }
}

/** States of conversations that the client does not hold; it is live from their heads on. */
function tellStates(session: Session, states: readonly ConversationState[], readAtMs: number): void {
  for (let start = 0; start < states.length; start += STATES_PER_FRAME) {
    const items = states.slice(start, start + STATES_PER_FRAME)
    session.frame({ t: 'conversations', items })
    for (const state of items) followAt(session, state, cursorOf(state.heads), readAtMs)
  }
}

function followAt(session: Session, state: ConversationState, cursor: Cursor, readAtMs: number): void {
  const { hub } = session.context
  const live = hub.pin(session.identity.app, state.conversation)
  hub.beginAt(live, state.heads, readAtMs)
  session.follow(live, cursor, state.from)
  hub.unpin(live)
}

/** Conversations that the client holds: from memory, from the log within bounds, or told as `behind`. */
async function answerListed(session: Session, listed: readonly Listed[], readAtMs: number): Promise<void> {
  const { hub } = session.context
  const { app } = session.identity
  const toRead: Missed[] = []
  const behind: string[] = []
  let bytes = 0
  for (const item of listed) {
    const { state, cursor, missing } = item
    const live = hub.pin(app, state.conversation)
    hub.beginAt(live, state.heads, readAtMs)
    const inMemory = live.missing(cursor)
    const size = inMemory?.reduce((sum, entry) => sum + entry.json.length, 0) ?? 0
    if (missing === 0 || (inMemory !== undefined && bytes + size <= LIMITS.resumeBytes)) {
      bytes += size
      session.follow(live, cursor, state.from)
    } else if (missing <= PUSHED_EVENTS_MAX && toRead.length < READ_CONVERSATIONS_MAX) {
      // It stays live until it was read.
      toRead.push({ item, live })
      continue
    } else {
      session.follows.pause(state.conversation, state.from)
      behind.push(state.conversation)
    }
    hub.unpin(live)
  }
  behind.push(...(await readMissed(session, toRead, LIMITS.resumeBytes - bytes)))
  if (session.isActive && behind.length > 0) session.frame({ t: 'behind', conversations: behind })
}

/** Answers those that did not fit; lets go of all. */
async function readMissed(
  session: Session,
  toRead: readonly Missed[],
  budgetBytes: number,
): Promise<string[]> {
  const { hub, pages } = session.context
  const { app, user } = session.identity
  try {
    const requests = toRead.map(({ item }) => ({
      app,
      conversation: item.state.conversation,
      cursor: item.cursor,
      user,
      limit: PUSHED_EVENTS_MAX,
    }))
    const answers = await Promise.all(requests.map((request) => pages.load(request)))
    if (!session.isActive) return []
    const behind: string[] = []
    let bytes = 0
    for (const [index, page] of answers.entries()) {
      const missed = toRead[index]
      if (missed === undefined) continue
      const { live } = missed
      const { conversation, from } = missed.item.state
      const events = page.records.map((record) => record.event)
      bytes += JSON.stringify(events).length
      if (bytes > budgetBytes || page.more || page.reset || page.notMember) {
        session.follows.pause(conversation, from)
        behind.push(conversation)
        continue
      }
      if (events.length > 0) session.frame({ t: 'events', conversation, events })
      // Removed after the state was read: these were the last that it may see. A return is told by its own log.
      if (events.some((event) => removedUser(event) === user && event.seq > (from[event.origin] ?? 0)))
        continue
      // The page may be newer than what this node was told.
      hub.publish(page.records)
      session.follow(live, page.cursor, from)
    }
    return behind
  } finally {
    for (const { live } of toRead) hub.unpin(live)
  }
}

/** With a single region everything that is committed is stable. */
function stableFrames(resume: Resume, held: UserState, origin: string): ServerFrame[] {
  const frames: ServerFrame[] = []
  for (const [conversation, positions] of Object.entries(resume.unstable ?? {})) {
    const head =
      held.conversations.find((state) => state.conversation === conversation)?.heads[origin]?.seq ?? 0
    const seq = positions[origin]
    if (seq !== undefined && seq <= head) frames.push({ t: 'stable', conversation, origin, seq })
  }
  return frames
}
