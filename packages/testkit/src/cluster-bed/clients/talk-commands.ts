import type { ClientRecord, SendRecord } from '../../history/history.ts'
import type { SessionTrace } from './session-tracer.ts'

/** What a process full of clients is told. */
export type TalkCommand<Plan> =
  | { readonly do: 'open'; readonly plan: Plan }
  | { readonly do: 'talk' | 'hush' | 'where' | 'finish' }
  | { readonly do: 'settle'; readonly withinMs: number }
  | { readonly do: 'flood'; readonly flood: Flood }

export type TalkAnswer<Outcome> =
  | { readonly done: 'open'; readonly rssBytesPerClient: number }
  | { readonly done: 'talk' | 'hush' | 'flood' }
  | ({ readonly done: 'settle' } & Settled)
  | ({ readonly done: 'where' } & Whereabouts)
  | { readonly done: 'finish'; readonly outcome: Outcome }

/** Many sends at once into one group by one member. */
export interface Flood {
  readonly group: number
  readonly messages: number
  readonly bytes: number
}

/** Sends without a fate, and sessions that no node serves. */
export interface Settled {
  readonly unsettled: number
  readonly offline: number
}

/** Sessions per node that serves them, and those that none serves. */
export interface Whereabouts {
  readonly byNode: Readonly<Record<string, number>>
  readonly offline: number
}

/** All that the sessions did and saw. */
export interface TalkOutcome {
  readonly clients: readonly ClientRecord[]
  readonly sends: readonly SendRecord[]
  readonly traces: readonly SessionTrace[]
}
