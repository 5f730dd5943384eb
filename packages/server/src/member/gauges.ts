import type { NodeGauges } from '../cluster/load.ts'
import type { Prober } from '../probe/prober.ts'
import type { MemberNode } from './member-node.ts'

export interface GaugeContext {
  readonly maxSessions: number
  /** 0: unlimited. */
  readonly acceptLimitPerSecond: number
  readonly probe: Pick<Prober, 'okAgeMs' | 'roundTripMs' | 'verdict'>
}

export function gaugesOf(
  node: Pick<MemberNode, 'sessionCount' | 'stats'>,
  { maxSessions, acceptLimitPerSecond, probe }: GaugeContext,
): NodeGauges {
  const { counters, queueWaitMs } = node.stats()
  return {
    sessions: node.sessionCount,
    maxSessions,
    acceptLimitPerSecond,
    queueWaitMs,
    busLagMs: probe.roundTripMs ?? null,
    path: probe.verdict,
    probeOkAgeMs: probe.okAgeMs,
    accepted: counters.accepted,
    messages: counters.sends,
  }
}
