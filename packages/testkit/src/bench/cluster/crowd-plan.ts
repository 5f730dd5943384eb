import type { ClientRecord, SendRecord } from '../../history/history.ts'
import type { ConnectionTrace, SessionTrace } from '../../chaos/talk/session-trace.ts'

/** SDK clients of one process: users in conversations of a fixed size, everybody in one. */
export interface CrowdPlan {
  readonly urls: readonly string[]
  /** Tokens are signed with it. */
  readonly secret: string
  readonly app: string
  readonly firstUser: number
  readonly users: number
  readonly usersPerConversation: number
  /** Messages of all users of this process, spread evenly over time and conversations. */
  readonly perSecond: number
  readonly seed: number
}

export type CrowdCommand =
  | { readonly do: 'open'; readonly plan: CrowdPlan }
  | { readonly do: 'talk' | 'hush' | 'where' | 'finish' }
  | { readonly do: 'settle'; readonly withinMs: number }

export type CrowdAnswer =
  | { readonly done: 'open'; readonly rssBytesPerClient: number }
  | { readonly done: 'talk' | 'hush' }
  | ({ readonly done: 'where' } & Whereabouts)
  | { readonly done: 'settle'; readonly unsettled: number; readonly offline: number }
  | { readonly done: 'finish'; readonly outcome: CrowdOutcome }
  | { readonly done: 'error'; readonly message: string }

/** Sessions per node that serves them, and those that none serves. */
export interface Whereabouts {
  readonly byNode: Readonly<Record<string, number>>
  readonly offline: number
}

/** All that the sessions did and saw. */
export interface CrowdOutcome {
  readonly clients: readonly ClientRecord[]
  readonly sends: readonly SendRecord[]
  readonly traces: readonly CrowdTrace[]
}

/** `welcomedMs` is when it was resumed: from then on events come. */
export interface CrowdConnection extends ConnectionTrace {
  readonly begunMs: number
  readonly openedMs?: number
}

export interface CrowdTrace extends SessionTrace {
  readonly connections: readonly CrowdConnection[]
  /** When a node sent it away because too many came. */
  readonly turnedAwayMs: readonly number[]
}

export const userName = (index: number): string => `u${index}`

export const conversationOf = (user: number, usersPerConversation: number): string =>
  `crowd-${Math.floor(user / usersPerConversation)}`
