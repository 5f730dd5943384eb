import { isUserLog, type Send } from '@skein/protocol'
import type { Identity } from '../auth/authenticator.ts'
import type { LimitRefusal } from '../limits/rate-limits.ts'
import type { CommitEntry, CommitOutcome } from '../store/store.ts'
import { problemOf } from './problem.ts'
import type { Session } from './session.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Hands a send to the committer and answers when its fate is known. */
export function runSend(session: Session, frame: Send): void {
  const { context } = session
  const { conversation, clientId } = frame
  if (isUserLog(conversation)) {
    session.tell({ code: 'forbidden', message: 'nobody sends to a system log', conversation, clientId })
    return
  }
  if (session.sendsInFlight >= context.limits.sendsInFlight) {
    const message = `at most ${context.limits.sendsInFlight} sends may wait for their acknowledgement`
    session.tell({ code: 'overloaded', message, retryAfterMs: 100, conversation, clientId })
    return
  }
  session.sendsInFlight++
  const { sender } = session
  if (sender === undefined) return submit(session, frame)
  const nowMs = context.runtime.clock.monotonicMs()
  const verdict = sender.take(nowMs)
  if (verdict === 'admitted') submit(session, frame)
  else if (verdict === 'wait') sender.hold(nowMs, (refusal) => quotaAnswered(session, frame, refusal))
  else quotaAnswered(session, frame, verdict)
}

/** Its sends come here in their order, whether they waited for quota or not. */
function quotaAnswered(session: Session, frame: Send, refusal: LimitRefusal | undefined): void {
  if (refusal === undefined && session.isActive) return submit(session, frame)
  session.sendsInFlight--
  session.context.counters.refused++
  const { conversation, clientId } = frame
  if (refusal !== undefined && session.isActive) session.tell({ ...refusal, conversation, clientId })
}

function submit(session: Session, frame: Send): void {
  const { context } = session
  const { conversation, clientId } = frame
  context.submit(entryOf(session.identity, frame)).then(
    (outcome) => {
      session.sendsInFlight--
      answer(session, frame, outcome)
    },
    (error: unknown) => {
      session.sendsInFlight--
      if (session.isActive) session.tell({ ...problemOf(error, context), conversation, clientId })
    },
  )
}

function entryOf({ app, user }: Identity, frame: Send): CommitEntry {
  const { conversation, clientId, kind, body, after, afterHlc } = frame
  const entry: Mutable<CommitEntry> = {
    app,
    conversation,
    sender: user,
    authority: 'member',
    clientId,
    kind,
    body: JSON.stringify(body),
    parsedBody: body,
  }
  if (after !== undefined) entry.after = after
  if (afterHlc !== undefined) entry.afterHlc = afterHlc
  return entry
}

function answer(session: Session, { conversation, clientId }: Send, outcome: CommitOutcome): void {
  const { counters } = session.context
  if (outcome.status === 'refused') {
    counters.refused++
    if (session.isActive)
      session.tell({ code: outcome.code, message: outcome.message, conversation, clientId })
    return
  }
  counters.sends++
  if (outcome.duplicate) counters.duplicates++
  if (!session.isActive) return
  const { origin, seq, hlc, at } = outcome.record.event
  // With a single region nothing is safer than here: durable and stable are the same moment.
  session.frame({ t: 'ack', conversation, clientId, level: 'stable', origin, seq, hlc, at })
}
