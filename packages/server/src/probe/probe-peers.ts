import type { Member } from '../cluster/view.ts'
import type { ProbePeer } from './prober.ts'

/** What the others' load reports say about their paths; only of nodes that are in service. */
export function probePeers(members: readonly Member[]): readonly ProbePeer[] {
  return members
    .filter(({ record }) => record.state === 'ready')
    .map(({ record, heardAtMs }) => {
      const okAgeMs = record.load?.probeOkAgeMs ?? null
      return { id: record.id, okAtMs: okAgeMs === null ? undefined : heardAtMs - okAgeMs }
    })
}
