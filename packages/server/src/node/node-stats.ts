import type { TailState } from '../log/tail-reader.ts'
import type { NodeCounters } from './counters.ts'

/** What a node tells of itself. */
export interface NodeStats {
  readonly name: string
  readonly origin: string
  readonly state: 'running' | 'stopping'
  readonly upMs: number
  readonly sessions: number
  readonly liveConversations: number
  readonly counters: Readonly<NodeCounters>
  readonly deliveries: number
  readonly repairs: number
  readonly waitingEntries: number
  readonly waitingBytes: number
  /** How long an entry waits for its commit to begin, as of the last second. */
  readonly queueWaitMs: number
  readonly tail: TailState
  /** Age of the last complete tail read; null before the first. */
  readonly tailAgeMs: number | null
}
