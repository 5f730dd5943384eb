import type { NodeGauges } from '../cluster/load.ts'
import type { Prober } from '../probe/prober.ts'
import type { MemberNode } from './member-node.ts'

/** What a node commits per second at least while its database works, however few want it to. */
const LEAST_COMMITS_PER_SECOND = 1_000

export interface GaugeContext {
  readonly maxSessions: number
  /** 0: unlimited. */
  readonly acceptLimitPerSecond: number
  readonly probe: Pick<Prober, 'okAgeMs' | 'roundTripMs' | 'verdict'>
  /** As of the last report. */
  readonly messagesPerSecond: number
}

export function gaugesOf(
  node: Pick<MemberNode, 'sessionCount' | 'stats'>,
  { maxSessions, acceptLimitPerSecond, probe, messagesPerSecond }: GaugeContext,
): NodeGauges {
  const { counters, waitingEntries } = node.stats()
  // Little's law: what waits, by how fast it goes.
  const perSecond = Math.max(LEAST_COMMITS_PER_SECOND, messagesPerSecond)
  return {
    sessions: node.sessionCount,
    maxSessions,
    acceptLimitPerSecond,
    queueWaitMs: (waitingEntries * 1_000) / perSecond,
    busLagMs: probe.roundTripMs ?? null,
    path: probe.verdict,
    probeOkAgeMs: probe.okAgeMs,
    accepted: counters.accepted,
    messages: counters.sends,
  }
}
