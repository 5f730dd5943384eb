import type { ClientRecord, SendRecord } from '../../history/history.ts'
import type { SessionTrace } from './session-tracer.ts'

/** What a process full of clients is told. */
export type TalkCommand<Plan> =
  | { readonly do: 'open'; readonly plan: Plan }
  | { readonly do: 'talk' | 'hush' | 'where' | 'finish' }
  | { readonly do: 'settle'; readonly withinMs: number }
  | { readonly do: 'flood'; readonly flood: Flood }
  | { readonly do: 'join'; readonly newcomers: Newcomers }

export type TalkAnswer<Outcome> =
  | { readonly done: 'open'; readonly rssBytesPerClient: number }
  | { readonly done: 'talk' | 'hush' | 'flood' }
  | { readonly done: 'join'; readonly online: number }
  | ({ readonly done: 'settle' } & Settled)
  | ({ readonly done: 'where' } & Whereabouts)
  | { readonly done: 'finish'; readonly outcome: Outcome }

/** Clients that come while it goes on, and stay. */
export interface Newcomers {
  readonly count: number
  /** They have the list of endpoints that others were given; else they have none. */
  readonly cached: boolean
  /** Addresses that they know beside the list. */
  readonly urls: readonly string[]
  /** They are waited for so long. */
  readonly withinMs: number
}

/** Many sends at once into one group by one member: its first one, unless a session is named. */
export interface Flood {
  readonly group: number
  readonly messages: number
  readonly bytes: number
  readonly session?: string
}

/** Sends without a fate, and sessions that no node serves. */
export interface Settled {
  readonly unsettled: number
  readonly offline: number
}

/** Sessions per node that serves them and per address that they came by, and those that none serves. */
export interface Whereabouts {
  readonly byUrl: Readonly<Record<string, number>>
  readonly byNode: Readonly<Record<string, number>>
  readonly offline: number
}

/** All that the sessions did and saw. */
export interface TalkOutcome {
  readonly clients: readonly ClientRecord[]
  readonly sends: readonly SendRecord[]
  readonly traces: readonly SessionTrace[]
}
