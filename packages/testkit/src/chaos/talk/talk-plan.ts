import type { ClientRecord, SendRecord, TimelineRecord } from '../../history/history.ts'
import type { SessionTrace } from './session-trace.ts'

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

/** Many sends at once into one group by one member. */
export interface Flood {
  readonly group: number
  readonly messages: number
  readonly bytes: number
}

/** What a talk process is told. */
export type TalkCommand =
  | { readonly do: 'open'; readonly plan: TalkPlan }
  | { readonly do: 'talk' }
  | { readonly do: 'hush' }
  | { readonly do: 'settle'; readonly withinMs: number }
  | { readonly do: 'where' }
  | { readonly do: 'flood'; readonly flood: Flood }
  | { readonly do: 'finish' }

export type TalkAnswer =
  | { readonly done: 'open' | 'talk' | 'hush' | 'flood' }
  | { readonly done: 'settle'; readonly unsettled: number; readonly offline: readonly string[] }
  /** The node that serves each session now; absent while none does. */
  | { readonly done: 'where'; readonly nodes: Readonly<Record<string, string>> }
  | { readonly done: 'finish'; readonly outcome: TalkOutcome }
  | { readonly done: 'error'; readonly message: string }

/** All that the sessions did and saw. */
export interface TalkOutcome {
  readonly clients: readonly ClientRecord[]
  readonly sends: readonly SendRecord[]
  readonly timelines: readonly TimelineRecord[]
  readonly traces: readonly SessionTrace[]
  readonly unsettled: number
}
