import { freshEndpoints, served, type Endpoints } from '../connection/endpoints.ts'
import { aliveSince } from '../connection/liveness.ts'
import { step } from '../connection/machine.ts'
import { STEADY_MS } from '../connection/retry.ts'
import type {
  ConnectionEvent,
  LinkEvent,
  Move,
  Next,
  Place,
  Policy,
  State,
  StateName,
  Step,
  Trail,
} from '../connection/state.ts'

/** One of each state and event, for tests of the connection machine. */

export const NOW = 100_000
export const policy: Policy = { tokenRenewable: true }
export const fixedToken: Policy = { tokenRenewable: false }

/** Served by the first of them. */
export const endpointsOf = (count: number): Endpoints =>
  served(freshEndpoints(['a', 'b', 'c'].slice(0, count)), 'a', { nowMs: 0, roll: 0 })

export const trail: Trail = { endpoints: endpointsOf(2), hasToken: true, askedDelayMs: undefined }
export const alive = aliveSince(NOW, 25_000)
export const live = { trail, liveness: alive, renewAtMs: NOW + 60_000, renewFailures: 0 }

export const elsewhere: Place = { endpoint: 'b', url: undefined, node: undefined }
const move: Move = {
  target: elsewhere,
  endMs: NOW + 10_000,
  failures: 0,
  askedDelayMs: undefined,
  orStay: false,
}
const migrating = (next: Next): State => ({
  name: 'migrating',
  sinceMs: NOW - STEADY_MS,
  ...live,
  move,
  next,
})

export type StateKey = Exclude<StateName, 'migrating'> | `migrating:${Next['at']}`

export const states: Record<StateKey, State> = {
  idle: { name: 'idle', trail: { ...trail, hasToken: false } },
  waiting: { name: 'waiting', trail, untilMs: NOW, reason: 'lost', directed: false },
  fetchingToken: { name: 'fetchingToken', trail, deadlineMs: NOW },
  connecting: { name: 'connecting', trail, deadlineMs: NOW, handshakeMs: 5_000 },
  resuming: { name: 'resuming', deadlineMs: NOW, moved: false, ...live },
  online: { name: 'online', sinceMs: NOW - STEADY_MS, ...live },
  'migrating:waiting': migrating({ at: 'waiting', untilMs: NOW }),
  'migrating:connecting': migrating({ at: 'connecting', place: elsewhere, deadlineMs: NOW }),
  'migrating:resuming': migrating({
    at: 'resuming',
    place: elsewhere,
    deadlineMs: NOW,
    liveness: alive,
    renewAtMs: NOW + 60_000,
  }),
  refused: { name: 'refused', reason: 'no' },
  stopped: { name: 'stopped' },
}

export const keyOf = (state: State): StateKey =>
  state.name === 'migrating' ? `migrating:${state.next.at}` : state.name

type ByType<E extends { type: string }> = { readonly [Type in E['type']]: Extract<E, { type: Type }> }

export const linkEvents: ByType<LinkEvent> = {
  opened: { type: 'opened' },
  welcome: { type: 'welcome', heartbeatMs: 25_000, tokenLifeMs: 100_000 },
  reset: { type: 'reset' },
  resumed: { type: 'resumed' },
  renewed: { type: 'renewed', tokenLifeMs: 100_000 },
  pong: { type: 'pong', n: 1 },
  errorFrame: { type: 'errorFrame', code: 'overloaded', retryAfterMs: 3_000 },
  heard: { type: 'heard' },
  wrote: { type: 'wrote' },
  closed: { type: 'closed', code: 1006, reason: '' },
}

const ownEvents: Omit<ByType<ConnectionEvent>, LinkEvent['type'] | 'next'> = {
  start: { type: 'start' },
  tokenReady: { type: 'tokenReady' },
  tokenFailed: { type: 'tokenFailed', reason: 'no network' },
  migrate: { type: 'migrate', withinMs: 10_000, target: elsewhere },
  improve: { type: 'improve', endpoint: 'b', withinMs: 10_000 },
  endpoints: { type: 'endpoints', urls: ['b', 'c'] },
  probeFailed: { type: 'probeFailed', endpoint: 'b' },
  sendPending: { type: 'sendPending' },
  noSendPending: { type: 'noSendPending' },
  deadline: { type: 'deadline' },
  networkOnline: { type: 'networkOnline' },
  becameVisible: { type: 'becameVisible' },
  clockJumped: { type: 'clockJumped' },
  refuse: { type: 'refuse', reason: 'wrong user' },
  stop: { type: 'stop' },
}

const next = (event: LinkEvent): ConnectionEvent => ({ type: 'next', event })

export const nextEvents: Record<`next:${LinkEvent['type']}`, ConnectionEvent> = {
  'next:opened': next(linkEvents.opened),
  'next:welcome': next(linkEvents.welcome),
  'next:reset': next(linkEvents.reset),
  'next:resumed': next(linkEvents.resumed),
  'next:renewed': next(linkEvents.renewed),
  'next:pong': next(linkEvents.pong),
  'next:errorFrame': next(linkEvents.errorFrame),
  'next:heard': next(linkEvents.heard),
  'next:wrote': next(linkEvents.wrote),
  'next:closed': next(linkEvents.closed),
}

export const events = { ...linkEvents, ...ownEvents, ...nextEvents }
export type EventKey = keyof typeof events

export const run = (
  state: State,
  event: ConnectionEvent,
  at: { readonly nowMs?: number; readonly roll?: number; readonly policy?: Policy } = {},
): Step => step(state, event, { nowMs: at.nowMs ?? NOW, roll: at.roll ?? 0.5 }, at.policy ?? policy)
