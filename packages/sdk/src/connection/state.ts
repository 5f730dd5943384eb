import type { Liveness } from './liveness.ts'

/** What outlives a connection. */
export interface Trail {
  /** Attempts since the last connection that was steady. */
  readonly failures: number
  /** Index of the URL that is used. */
  readonly endpoint: number
  /** Whether the token at hand is thought to be good. */
  readonly hasToken: boolean
  /** What the server asked for before it closes: not before this many milliseconds. */
  readonly askedDelayMs: number | undefined
}

interface Live {
  readonly trail: Trail
  readonly liveness: Liveness
  /** When the token should be renewed on this connection. */
  readonly renewAtMs: number | undefined
  readonly renewFailures: number
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
  | { readonly name: 'connecting'; readonly trail: Trail; readonly deadlineMs: number }
  | ({ readonly name: 'resuming'; readonly deadlineMs: number } & Live)
  | ({ readonly name: 'online'; readonly sinceMs: number } & Live)
  | { readonly name: 'refused'; readonly reason: string }
  | { readonly name: 'stopped' }

export type StateName = State['name']
export type LiveState = Extract<State, { name: 'resuming' | 'online' }>

export type ConnectionEvent =
  | { readonly type: 'start' }
  | { readonly type: 'tokenReady' }
  | { readonly type: 'tokenFailed'; readonly reason: string }
  /** The transport is open. */
  | { readonly type: 'opened' }
  | { readonly type: 'welcome'; readonly heartbeatMs: number; readonly tokenLifeMs: number }
  | { readonly type: 'resumed' }
  | { readonly type: 'renewed'; readonly tokenLifeMs: number }
  | { readonly type: 'pong'; readonly n: number }
  /** About the connection as a whole, usually before it closes. */
  | { readonly type: 'errorFrame'; readonly code: string; readonly retryAfterMs: number | undefined }
  /** Any message came in. */
  | { readonly type: 'heard' }
  /** Something was written. */
  | { readonly type: 'wrote' }
  | { readonly type: 'sendPending' }
  | { readonly type: 'noSendPending' }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }
  | { readonly type: 'deadline' }
  | { readonly type: 'networkOnline' }
  | { readonly type: 'becameVisible' }
  | { readonly type: 'clockJumped' }
  /** What the app passed cannot work: only it can help. */
  | { readonly type: 'refuse'; readonly reason: string }
  | { readonly type: 'stop' }

export type EventType = ConnectionEvent['type']

export type Effect =
  | { readonly do: 'fetchToken' }
  | { readonly do: 'open'; readonly endpoint: number }
  /** Say hello and resume. */
  | { readonly do: 'handshake' }
  | { readonly do: 'ping'; readonly n: number }
  /** Say the new token. */
  | { readonly do: 'auth' }
  | { readonly do: 'close'; readonly code: number; readonly reason: string }

export interface Policy {
  /** How many URLs there are. */
  readonly endpoints: number
  /** Whether the app can be asked for another token. */
  readonly tokenRenewable: boolean
}

export interface Moment {
  /** Monotonic. */
  readonly nowMs: number
  /** Uniform in [0, 1). */
  readonly roll: number
}

export interface Step {
  readonly state: State
  readonly effects: readonly Effect[]
}
