import type { NodeGauges } from '../cluster/load.ts'
import type { MemberNode } from './member-node.ts'

/** What a node commits per second at least while its database works, however few want it to. */
const LEAST_COMMITS_PER_SECOND = 1_000

export interface GaugeContext {
  readonly maxSessions: number
  readonly probeOkAgeMs: number | null
  /** As of the last report. */
  readonly messagesPerSecond: number
}

export function gaugesOf(
  node: Pick<MemberNode, 'sessionCount' | 'stats'>,
  context: GaugeContext,
): NodeGauges {
  const { counters, waitingEntries } = node.stats()
  // Little's law: what waits, by how fast it goes.
  const perSecond = Math.max(LEAST_COMMITS_PER_SECOND, context.messagesPerSecond)
  return {
    sessions: node.sessionCount,
    maxSessions: context.maxSessions,
    queueWaitMs: (waitingEntries * 1_000) / perSecond,
    probeOkAgeMs: context.probeOkAgeMs,
    accepted: counters.accepted,
    messages: counters.sends,
  }
}
