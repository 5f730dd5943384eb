import type { TalkOutcome } from '../../cluster-bed/clients/talk-commands.ts'
import type { TimelineRecord } from '../../history/history.ts'

/** Who talks, where and how much. */
export interface TalkPlan {
  readonly urls: readonly string[]
  /** Sessions that connect by other ways. */
  readonly narrow?: { readonly sessions: readonly string[]; readonly urls: readonly string[] }
  /** Tokens are signed with it. */
  readonly secret: string
  readonly app: string
  readonly users: number
  /** So many users have a second session. */
  readonly secondDevices: number
  readonly groupSize: number
  readonly perSecond: number
  /** Groups whose membership changes, per second. */
  readonly changesPerSecond: number
  readonly seed: number
}

/** With what every client reads back in the end. */
export interface ReadTalkOutcome extends TalkOutcome {
  readonly timelines: readonly TimelineRecord[]
}
