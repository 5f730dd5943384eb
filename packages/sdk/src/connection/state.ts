import type { Endpoints, Moment } from './endpoints.ts'
import type { Liveness } from './liveness.ts'

/** What outlives a connection. */
export interface Trail {
  readonly endpoints: Endpoints
  /** Whether the token at hand is thought to be good. */
  readonly hasToken: boolean
  /** What the server asked for before it closes: not before this many milliseconds. */
  readonly askedDelayMs: number | undefined
}

export interface Live {
  readonly trail: Trail
  readonly liveness: Liveness
  /** When the token should be renewed on this connection. */
  readonly renewAtMs: number | undefined
  readonly renewFailures: number
}

/** Where a move leads: one of the endpoints, or a URL that is none of them; none: wherever is best. */
export interface Place {
  /** Its URL. */
  readonly endpoint: string | undefined
  readonly url: string | undefined
  /** For proxies. */
  readonly node: string | undefined
}

/** What the server asked for, or the client itself. */
export interface Move {
  readonly target: Place
  /** No attempt begins after this. */
  readonly endMs: number
  readonly failures: number
  /** The client only goes somewhere better: when it fails there, it stays. */
  readonly orStay: boolean
  /** What the new server asked for before it closes. */
  readonly askedDelayMs: number | undefined
}

/** The connection that is to take the old one's place. */
export type Next =
  | { readonly at: 'waiting'; readonly untilMs: number }
  | { readonly at: 'connecting'; readonly place: Place; readonly deadlineMs: number }
  /** Welcomed: what is sent goes here. */
  | {
      readonly at: 'resuming'
      readonly place: Place
      readonly deadlineMs: number
      readonly liveness: Liveness
      readonly renewAtMs: number | undefined
    }

export type State =
  | { readonly name: 'idle'; readonly trail: Trail }
  | {
      readonly name: 'waiting'
      readonly trail: Trail
      readonly untilMs: number
      readonly reason: string
      /** The server named the delay: nothing shortens it. */
      readonly directed: boolean
    }
  | { readonly name: 'fetchingToken'; readonly trail: Trail; readonly deadlineMs: number }
  | {
      readonly name: 'connecting'
      readonly trail: Trail
      readonly deadlineMs: number
      readonly handshakeMs: number
    }
  | ({
      readonly name: 'resuming'
      readonly deadlineMs: number
      /** The session was moved here: the app was told `online` and nothing else since. */
      readonly moved: boolean
    } & Live)
  | ({ readonly name: 'online'; readonly sinceMs: number } & Live)
  /** Online by the old connection, until the new one has resumed. */
  | ({
      readonly name: 'migrating'
      readonly sinceMs: number
      readonly move: Move
      readonly next: Next
    } & Live)
  | { readonly name: 'refused'; readonly reason: string }
  | { readonly name: 'stopped' }

export type StateName = State['name']
export type Named<Name extends StateName> = Extract<State, { name: Name }>
export type LiveState = Named<'resuming' | 'online' | 'migrating'>

/** Of one connection. */
export type LinkEvent =
  /** The transport is open. */
  | { readonly type: 'opened' }
  | { readonly type: 'welcome'; readonly heartbeatMs: number; readonly tokenLifeMs: number }
  /** What is held of some log is void. */
  | { readonly type: 'reset' }
  | { readonly type: 'resumed' }
  | { readonly type: 'renewed'; readonly tokenLifeMs: number }
  | { readonly type: 'pong'; readonly n: number }
  /** About the connection as a whole, usually before it closes. */
  | { readonly type: 'errorFrame'; readonly code: string; readonly retryAfterMs: number | undefined }
  /** Any message came in. */
  | { readonly type: 'heard' }
  /** Something was written. */
  | { readonly type: 'wrote' }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }

export type ConnectionEvent =
  | LinkEvent
  /** Of the new connection of a migration. */
  | { readonly type: 'next'; readonly event: LinkEvent }
  | { readonly type: 'start' }
  | { readonly type: 'tokenReady' }
  | { readonly type: 'tokenFailed'; readonly reason: string }
  | { readonly type: 'migrate'; readonly withinMs: number; readonly target: Place }
  /** A better endpoint than the one in use is well. */
  | { readonly type: 'improve'; readonly endpoint: string; readonly withinMs: number }
  /** What there is to choose from, best first. */
  | { readonly type: 'endpoints'; readonly urls: readonly string[] }
  /** Somebody looked whether it answers, and it did not. */
  | { readonly type: 'probeFailed'; readonly endpoint: string }
  | { readonly type: 'sendPending' }
  | { readonly type: 'noSendPending' }
  | { readonly type: 'deadline' }
  | { readonly type: 'networkOnline' }
  | { readonly type: 'becameVisible' }
  | { readonly type: 'clockJumped' }
  /** What the app passed cannot work: only it can help. */
  | { readonly type: 'refuse'; readonly reason: string }
  | { readonly type: 'stop' }

/** What a state itself decides about; the rest is the same everywhere. */
export type OwnEvent = Exclude<ConnectionEvent, { type: 'stop' | 'refuse' | 'endpoints' | 'probeFailed' }>

export type Effect =
  | { readonly do: 'fetchToken' }
  | { readonly do: 'open'; readonly endpoint: string }
  /** Say hello and resume. */
  | { readonly do: 'handshake' }
  | { readonly do: 'ping'; readonly n: number }
  /** Say the new token. */
  | { readonly do: 'auth' }
  | { readonly do: 'close'; readonly code: number; readonly reason: string }
  // The same for the new connection of a migration.
  | { readonly do: 'openNext'; readonly place: Place }
  | { readonly do: 'handshakeNext' }
  | { readonly do: 'pingNext'; readonly n: number }
  | { readonly do: 'closeNext'; readonly reason: string }
  /** What is sent goes by the new one from here on; the old one is listened to. */
  | { readonly do: 'switch' }
  /** It goes by the old one again. */
  | { readonly do: 'switchBack' }
  /** The new one is the only one; the old one is closed, if it is not yet. */
  | { readonly do: 'promote' }

export interface Policy {
  /** Whether the app can be asked for another token. */
  readonly tokenRenewable: boolean
}

export type { Moment }

export interface Step {
  readonly state: State
  readonly effects: readonly Effect[]
}

export const to = (state: State, ...effects: readonly Effect[]): Step => ({ state, effects })
