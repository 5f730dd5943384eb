import type { TalkOutcome } from '../../cluster-bed/clients/talk-commands.ts'
import type { TimelineRecord } from '../../history/history.ts'

/** Who talks, where and how much. */
export interface TalkPlan {
  readonly urls: readonly string[]
  /** Sessions that connect by other ways. */
  readonly narrow?: { readonly sessions: readonly string[]; readonly urls: readonly string[] }
  /** Where the list of endpoints is, instead of `urls`. */
  readonly dispatch?: DispatchPlan
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

export interface DispatchPlan {
  readonly urls: readonly string[]
  readonly keys: readonly string[]
  readonly home: { readonly zone: string; readonly region: string }
}

/** With what every client reads back in the end. */
export interface ReadTalkOutcome extends TalkOutcome {
  /** What clients warned of, and how often: `code: message`. */
  readonly warnings: Readonly<Record<string, number>>
  readonly timelines: readonly TimelineRecord[]
}
