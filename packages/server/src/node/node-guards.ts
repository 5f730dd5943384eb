import type { Batcher } from '../delivery/batcher.ts'
import { READ_CURSORS_WAITING, type ReadCursorWriter } from '../delivery/read-cursor-writer.ts'
import type { Typing } from '../delivery/typing.ts'
import type { CommitterStats } from '../log/committer.ts'
import type { GuardStatus } from '../observe/guards.ts'
import { READS_WAITING } from './batched-reads.ts'
import type { NodeCounters } from './counters.ts'
import type { NodeLimits } from './limits.ts'
import type { Overload } from './overload.ts'

export interface GuardedParts {
  readonly overload: Pick<Overload, 'status'>
  readonly users: Pick<Batcher<never, never>, 'waiting' | 'refused'>
  readonly pages: Pick<Batcher<never, never>, 'waiting' | 'refused'>
  readonly readCursors: Pick<ReadCursorWriter, 'waiting' | 'refused'>
  readonly typing: Pick<Typing, 'dropped'>
  readonly counters: Pick<NodeCounters, 'turnedAway'>
  readonly limits: NodeLimits
}

/** A queue acts when it is full: one more is refused. */
const queue = (
  name: string,
  unit: string,
  { used, bound, refused }: { readonly used: number; readonly bound: number; readonly refused: number },
): GuardStatus => {
  const isFull = used >= bound
  const state = isFull ? 'acting' : 'idle'
  return { name, kind: 'queue', state, used, bound, unit, refused, ...(isFull && { reason: 'full' }) }
}

/** What protects a node, apart from its store and its limits per client. */
export function nodeGuards(
  parts: GuardedParts,
  { fullestLaneEntries, fullestLaneBytes, refused }: CommitterStats,
  sessions: number,
): readonly GuardStatus[] {
  const { overload, users, pages, readCursors, typing, counters, limits } = parts
  const waiting = (name: string, reads: Pick<Batcher<never, never>, 'waiting' | 'refused'>): GuardStatus =>
    queue(name, 'reads', { used: reads.waiting, bound: READS_WAITING, refused: reads.refused })
  const typingLimit = { name: 'typing.nodes', kind: 'limit', state: 'idle', refused: typing.dropped } as const
  const connections = { used: sessions, bound: limits.maxConnections, refused: counters.turnedAway }
  return [
    ...overload.status(),
    queue('connections', 'connections', connections),
    queue('sends.entries', 'sends', { used: fullestLaneEntries, bound: limits.laneQueueEntries, refused }),
    // Refusals of a lane are counted once, above.
    queue('sends.bytes', 'bytes', { used: fullestLaneBytes, bound: limits.laneQueueBytes, refused: 0 }),
    waiting('reads.users', users),
    waiting('reads.pages', pages),
    queue('readCursors', 'cursors', {
      used: readCursors.waiting,
      bound: READ_CURSORS_WAITING,
      refused: readCursors.refused,
    }),
    typingLimit,
  ]
}
