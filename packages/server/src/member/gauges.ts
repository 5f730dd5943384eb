import type { NodeGauges } from '../cluster/load.ts'
import { PROBE_MS, type Prober } from '../probe/prober.ts'
import type { MemberNode } from './member-node.ts'

type Probe = Pick<Prober, 'okAgeMs' | 'roundTripMs' | 'verdict'>

export interface GaugeContext {
  readonly maxSessions: number
  /** 0: unlimited. */
  readonly acceptLimitPerSecond: number
  readonly probe: Probe
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
    busLagMs: busLagMs(probe),
    path: probe.verdict,
    probeOkAgeMs: probe.okAgeMs,
    accepted: counters.accepted,
    messages: counters.sends,
  }
}

/** A probe that has not come back is as late already as the one before it is old, but for the time between two. */
function busLagMs({ roundTripMs, okAgeMs }: Probe): number | null {
  if (roundTripMs === undefined) return null
  return Math.max(roundTripMs, (okAgeMs ?? 0) - PROBE_MS)
}
