import type { History, TimelineRecord, Violation } from './history.ts'
import {
  compareEvents,
  idOf,
  positionKey,
  sameEvent,
  type ConversationLog,
  type LogIndex,
} from './log-index.ts'

/** Whole timelines against the log: all that the reader may see, nothing else, once, in the one order. */
export function checkTimelines(history: Pick<History, 'timelines' | 'sends'>, index: LogIndex): Violation[] {
  const acked = new Set(
    history.sends.filter((send) => send.acked).map((send) => `${send.conversation} ${send.clientId}`),
  )
  return [
    ...history.timelines.flatMap((timeline) => checkTimeline(timeline, index, acked)),
    ...unread(history.timelines, index),
  ]
}

function checkTimeline(timeline: TimelineRecord, index: LogIndex, acked: ReadonlySet<string>): Violation[] {
  const log = index.conversations.get(timeline.conversation)
  const name = `${timeline.conversation} as ${timeline.reader} shows it to ${timeline.user}`
  if (log === undefined) return timeline.events.length === 0 ? [] : [unknownLog(name)]
  const violations: Violation[] = []
  const say = (promise: Violation['promise'], rule: string, message: string): void =>
    void violations.push({ promise, rule, message: `${name}: ${message}` })

  const seen = new Set<number>()
  const ids = new Set<string>()
  for (const [i, event] of timeline.events.entries()) {
    const at = log.indexByPosition.get(positionKey(event))
    const logged = at === undefined ? undefined : log.ordered[at]
    const previous = timeline.events[i - 1]
    if (ids.has(idOf(event))) say('P2', 'shownTwice', `${idOf(event)} stands twice`)
    ids.add(idOf(event))
    if (previous !== undefined && compareEvents(previous, event) > 0)
      say('P3', 'timelineOrder', `${previous.seq} stands before ${event.seq}`)
    if (at === undefined || logged === undefined) {
      say('P4', 'notInLog', `${positionKey(event)} is not in the log`)
      continue
    }
    seen.add(at)
    if (!sameEvent(logged, event)) say('P1', 'altered', `${positionKey(event)} differs from the log`)
    if (!log.isVisibleTo(timeline.user, at))
      say('P4', 'outsideVisibility', `${positionKey(event)} is not for this user`)
  }
  return [...violations, ...missing(timeline, log, seen, acked, name)]
}

function missing(
  timeline: TimelineRecord,
  log: ConversationLog,
  seen: ReadonlySet<number>,
  acked: ReadonlySet<string>,
  name: string,
): Violation[] {
  const violations: Violation[] = []
  for (const [at, event] of log.ordered.entries()) {
    if (seen.has(at) || !log.isVisibleTo(timeline.user, at)) continue
    const wasAcked = acked.has(`${log.conversation} ${event.clientId}`)
    violations.push({
      promise: wasAcked ? 'P1' : 'P4',
      rule: 'missing',
      message: `${name}: ${positionKey(event)} is missing${wasAcked ? ' although it was acknowledged' : ''}`,
    })
  }
  return violations
}

/** A checker that is given nothing to check must not be content. */
function unread(timelines: readonly TimelineRecord[], index: LogIndex): Violation[] {
  const read = new Set(timelines.map(({ conversation, user }) => `${conversation} ${user}`))
  return [...index.conversations.values()].flatMap((log) =>
    log
      .currentMembers()
      .filter((user) => !read.has(`${log.conversation} ${user}`))
      .map((user): Violation => ({
        promise: 'P1',
        rule: 'timelineUnread',
        message: `${log.conversation}: nobody read the timeline of its member ${user}`,
      })),
  )
}

const unknownLog = (name: string): Violation => ({
  promise: 'P4',
  rule: 'notInLog',
  message: `${name}: the store does not hold this conversation`,
})
