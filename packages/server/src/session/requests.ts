import { unreachable } from '@skein/core'
import {
  type History,
  isUserLog,
  LIMITS,
  type Members,
  type Read,
  type Sync,
  type Typing,
  USER_LOG,
  userLogId,
} from '@skein/protocol'
import { problemOf } from './problem.ts'
import type { Session } from './session.ts'
import type { SessionEffect } from './state.ts'

type Served = Extract<SessionEffect, { do: 'serve' }>['frame']

export function serve(session: Session, frame: Served): void {
  switch (frame.t) {
    case 'ping':
      return session.frame({ t: 'pong', n: frame.n, at: Math.floor(session.context.runtime.clock.now()) })
    case 'typing':
      return passOnTyping(session, frame)
    case 'read':
      return takeRead(session, frame)
    case 'sync':
      return request(session, frame, () => answerSync(session, frame))
    case 'history':
      return request(session, frame, () => answerHistory(session, frame))
    case 'members':
      return request(session, frame, () => answerMembers(session, frame))
    default:
      return unreachable(frame)
  }
}

/** Runs a request within the session's bound; what goes wrong is told with its id. */
function request(
  session: Session,
  { requestId }: { readonly requestId: string },
  answer: () => Promise<void>,
): void {
  const { limits } = session.context
  if (session.requestsInFlight >= limits.requestsInFlight) {
    const message = `at most ${limits.requestsInFlight} requests at once`
    session.tell({ code: 'overloaded', message, requestId, retryAfterMs: 200 })
    return
  }
  const turned = session.context.overload.ask('existing', session.user)
  if (turned !== undefined) return session.tell({ ...turned, requestId })
  session.requestsInFlight++
  answer()
    .catch((error: unknown) => {
      if (session.isActive) session.tell({ ...problemOf(error, session.context), requestId })
    })
    .finally(() => session.requestsInFlight--)
}

async function answerSync(session: Session, frame: Sync): Promise<void> {
  const { hub, pages, counters } = session.context
  const { app, user } = session.identity
  const { requestId, conversation, cursor } = frame
  const own = conversation === USER_LOG
  if (!own && isUserLog(conversation)) return tellNotMember(session, requestId)
  counters.syncs++
  const id = own ? userLogId(user) : conversation
  const limit = frame.limit ?? LIMITS.pageEvents
  const live = hub.pin(app, id)
  try {
    const page = await pages.load({ app, conversation: id, cursor, limit, ...(!own && { user }) })
    if (!session.isActive) return
    if (page.notMember) return tellNotMember(session, requestId)
    if (page.reset) session.frame({ t: 'reset', conversation, cursor: page.cursor })
    const member = !page.more && (own || (await mayFollow(session, id)))
    if (!session.isActive) return
    // Looked at again: the user's own log may have told of its removal meanwhile.
    const follows = member && (own || session.follows.has(id))
    const events = page.records.map((record) => record.event)
    const before = session.follows.fromOf(id) ?? {}
    if (follows) hub.beginBefore(live, page.cursor)
    // Memory may have moved on beyond the page, or lag behind it: then another page will reach it.
    const reaches = !follows || (live.hasPassed(page.cursor) && live.missing(page.cursor) !== undefined)
    session.frame({
      t: 'syncPage',
      requestId,
      conversation,
      events,
      cursor: page.cursor,
      more: page.more || !reaches,
    })
    if (follows && reaches) session.follow(live, page.cursor, before)
    if (own) for (const event of events) session.userEvent(event)
  } finally {
    hub.unpin(live)
  }
}

/** The page may have been the last that a removed member may see. */
async function mayFollow(session: Session, conversation: string): Promise<boolean> {
  const { app, user } = session.identity
  if (session.follows.live(conversation) !== undefined) return false
  if (!session.follows.has(conversation)) return false
  return (await session.context.store.roleOf(app, conversation, user)) !== undefined
}

async function answerHistory(session: Session, frame: History): Promise<void> {
  const { app, user } = session.identity
  const { requestId, conversation, before, after } = frame
  if (isUserLog(conversation)) return tellNotMember(session, requestId)
  const limit = frame.limit ?? LIMITS.pageEvents
  const range = { ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
  const result = await session.context.store.history({ app, conversation, user, limit, ...range })
  if (!session.isActive) return
  if (result.notMember) return tellNotMember(session, requestId)
  const events = result.records.map((record) => record.event)
  session.frame({ t: 'historyPage', requestId, conversation, events, more: result.more })
}

async function answerMembers(session: Session, frame: Members): Promise<void> {
  const { app, user } = session.identity
  const { requestId, conversation, after } = frame
  const role = isUserLog(conversation)
    ? undefined
    : await session.context.store.roleOf(app, conversation, user)
  if (role === undefined) return tellNotMember(session, requestId)
  const limit = frame.limit ?? LIMITS.pageMembers
  const result = await session.context.store.members({
    app,
    conversation,
    limit,
    ...(after !== undefined && { after }),
  })
  if (!session.isActive) return
  session.frame({
    t: 'membersPage',
    requestId,
    conversation,
    members: [...result.members],
    more: result.more,
  })
}

function takeRead(session: Session, { conversation, cursor }: Read): void {
  const { app, user } = session.identity
  if (isUserLog(conversation)) return
  const turned = session.context.overload.ask('soft', user)
  if (turned !== undefined) return session.tell({ ...turned, conversation })
  if (session.context.readCursors.add({ app, user, conversation, cursor })) return
  session.tell({
    code: 'overloaded',
    message: 'too many read cursors wait to be written',
    retryAfterMs: 2_000,
    conversation,
  })
}

function passOnTyping(session: Session, { conversation, active }: Typing): void {
  const live = session.follows.live(conversation)
  if (live !== undefined) session.context.typing.say(live, session.user, active)
}

const tellNotMember = (session: Session, requestId: string): void =>
  session.tell({ code: 'notMember', message: 'you are not a member of this conversation', requestId })
