import type { Violation } from './history.ts'
import { idOf, type ConversationLog, type LogIndex } from './log-index.ts'

/** The log by itself: dense and ordered per origin (P3), each message once (P2). */
export function checkLog(index: LogIndex): Violation[] {
  return [...index.conversations.values()].flatMap((log) => [...densityAndOrder(log), ...once(log)])
}

function densityAndOrder(log: ConversationLog): Violation[] {
  const violations: Violation[] = []
  const lastSeq = new Map<string, number>()
  for (const event of log.ordered) {
    const expected = (lastSeq.get(event.origin) ?? 0) + 1
    lastSeq.set(event.origin, event.seq)
    if (event.seq === expected) continue
    violations.push({
      promise: 'P3',
      rule: 'logOrder',
      message: `${log.conversation}: by hlc ${event.origin} goes on with seq ${event.seq} where ${expected} must stand`,
    })
  }
  return violations
}

function once(log: ConversationLog): Violation[] {
  const violations: Violation[] = []
  for (const [index, event] of log.ordered.entries()) {
    if (log.indexById.get(idOf(event)) === index) continue
    violations.push({
      promise: 'P2',
      rule: 'loggedTwice',
      message: `${log.conversation}: ${idOf(event)} stands at ${event.seq} and again later`,
    })
  }
  return violations
}
