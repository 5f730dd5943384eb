import type { Runtime } from '@skein/core'
import type { Authenticator } from '../auth/authenticator.ts'
import type { Batcher } from '../delivery/batcher.ts'
import type { Hub } from '../delivery/hub.ts'
import type { Turn } from '../delivery/turn.ts'
import type { Typing } from '../delivery/typing.ts'
import type { NodeLimits } from '../node/limits.ts'
import type { AcceptGate } from '../node/accept-gate.ts'
import type { Overload } from '../node/overload.ts'
import type { SessionDirectory } from '../node/session-directory.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import type { Logger } from '../observe/logger.ts'
import type {
  CommitEntry,
  CommitOutcome,
  ReadPage,
  ReadRequest,
  Store,
  UserKey,
  UserState,
} from '../store/store.ts'
import type { FramePace } from './frame-pacer.ts'
import type { SessionBounds } from './state.ts'
import type { ReadCursorWriter } from '../delivery/read-cursor-writer.ts'
import type { NodeCounters } from '../node/counters.ts'

/** What the sessions of a node share. */
export interface SessionContext {
  readonly nodeName: string
  readonly runtime: Runtime
  readonly limits: NodeLimits
  readonly bounds: SessionBounds
  readonly framePace: FramePace
  readonly logger: Logger
  readonly authenticator: Authenticator
  readonly store: Pick<Store, 'identity' | 'history' | 'members' | 'roleOf'>
  readonly gate: AcceptGate
  readonly overload: Overload
  readonly directory: SessionDirectory
  readonly hub: Hub
  readonly turn: Turn
  readonly typing: Typing
  readonly users: Batcher<UserKey, UserState>
  readonly pages: Batcher<ReadRequest, ReadPage>
  readonly readCursors: ReadCursorWriter
  readonly counters: NodeCounters
  /** Absent: nothing is limited. */
  readonly rateLimits?: Pick<RateLimiter, 'knock' | 'connect' | 'sender'>
  /** Of a send that was let in. */
  submit(entry: CommitEntry): Promise<CommitOutcome>
}
