import { unreachable } from '@skein/core'
import { freshEndpoints, served } from './endpoints.ts'
import { renewAfterWelcome, RESUME_MS, whileLive } from './live.ts'
import { aliveSince, livenessDueMs } from './liveness.ts'
import { beginImprovement, beginMigration, whileMigrating } from './migration.ts'
import { leaveNext, nextDueMs } from './move-attempt.ts'
import { probeFailed, relist } from './relist.ts'
import { afterClose, begin, dropped, retryLater, TOKEN_FETCH_MS } from './retry.ts'
import {
  to,
  type ConnectionEvent,
  type Effect,
  type Moment,
  type Named,
  type OwnEvent,
  type Policy,
  type State,
  type Step,
} from './state.ts'

/**
 * The connection's life, as a pure function. A shell (`connection.ts`) does what the effects say.
 *
 *           start         tokenReady              opened: hello, resume
 *    idle ────────▶ fetchingToken ───▶ connecting ─────────┐ welcome        resumed
 *      │  has token      ▲  │ failed       │ ▲              ▼
 *      └─────────────────┼──┼──────────────┼─┘          resuming ─────────▶ online ◀─┐ renewed:
 *                        │  ▼     closed,  ▼                │                 │▲ └────┘ auth at 80 %
 *                      waiting ◀──late─────┴────────────────┴── closed, dead ─┘│ migrate   of its life
 *                                          │                                   ▼
 *                                          └─ 40xx, or a fixed token        migrating (migration.ts)
 *    stop: from everywhere ──▶ stopped        refused ──▶ refused
 */
export const initialState = (urls: readonly string[]): State => ({
  name: 'idle',
  trail: { endpoints: freshEndpoints(urls), hasToken: false, askedDelayMs: undefined },
})

export function step(state: State, event: ConnectionEvent, moment: Moment, policy: Policy): Step {
  if (event.type === 'stop') return to({ name: 'stopped' }, ...closing(state, 'stopped'))
  if (event.type === 'refuse') return refuse(state, event.reason)
  if (event.type === 'endpoints') return relist(state, event.urls, moment)
  if (event.type === 'probeFailed') return probeFailed(state, event.endpoint, moment)
  switch (state.name) {
    case 'idle':
      return event.type === 'start' ? begin(state.trail, moment) : to(state)
    case 'waiting':
      return whileWaiting(state, event, moment)
    case 'fetchingToken':
      return whileFetching(state, event, moment, policy)
    case 'connecting':
      return whileConnecting(state, event, moment, policy)
    case 'resuming':
      return event.type === 'resumed' ? resumed(state, moment) : whileLive(state, event, moment, policy)
    case 'online':
      if (event.type === 'migrate') return beginMigration(state, event, moment)
      return event.type === 'improve'
        ? beginImprovement(state, event, moment)
        : whileLive(state, event, moment, policy)
    case 'migrating':
      return whileMigrating(state, event, moment, policy)
    case 'refused':
    case 'stopped':
      return to(state)
    default:
      return unreachable(state)
  }
}

/** When the shell must send `deadline`; undefined: never. */
export function deadlineMs(state: State): number | undefined {
  switch (state.name) {
    case 'waiting':
      return state.untilMs
    case 'fetchingToken':
    case 'connecting':
      return state.deadlineMs
    case 'resuming':
      return Math.min(state.deadlineMs, livenessDueMs(state.liveness), state.renewAtMs ?? Infinity)
    case 'online':
      return Math.min(livenessDueMs(state.liveness), state.renewAtMs ?? Infinity)
    case 'migrating':
      return Math.min(livenessDueMs(state.liveness), state.renewAtMs ?? Infinity, nextDueMs(state.next))
    case 'idle':
    case 'refused':
    case 'stopped':
      return undefined
    default:
      return unreachable(state)
  }
}

function refuse(state: State, reason: string): Step {
  if (state.name === 'stopped' || state.name === 'refused') return to(state)
  return to({ name: 'refused', reason }, ...closing(state, 'refused'))
}

function closing(state: State, reason: string): readonly Effect[] {
  const close: Effect = { do: 'close', code: 1000, reason }
  switch (state.name) {
    case 'connecting':
    case 'resuming':
    case 'online':
      return [close]
    case 'migrating':
      return [close, ...leaveNext(state.next, reason)]
    case 'idle':
    case 'waiting':
    case 'fetchingToken':
    case 'refused':
    case 'stopped':
      return []
    default:
      return unreachable(state)
  }
}

function whileWaiting(state: Named<'waiting'>, event: OwnEvent, moment: Moment): Step {
  switch (event.type) {
    case 'deadline':
      return moment.nowMs >= state.untilMs ? begin(state.trail, moment) : to(state)
    case 'networkOnline':
    case 'becameVisible':
    case 'clockJumped':
      return state.directed ? to(state) : begin(state.trail, moment)
    default:
      return to(state)
  }
}

function whileFetching(state: Named<'fetchingToken'>, event: OwnEvent, moment: Moment, policy: Policy): Step {
  switch (event.type) {
    case 'tokenReady':
      return begin({ ...state.trail, hasToken: true }, moment)
    case 'tokenFailed':
      if (!policy.tokenRenewable) return to({ name: 'refused', reason: event.reason })
      return retryLater(state.trail, moment, `no token: ${event.reason}`)
    case 'deadline':
      if (moment.nowMs < state.deadlineMs) return to(state)
      return retryLater(state.trail, moment, `no token within ${TOKEN_FETCH_MS} ms`)
    default:
      return to(state)
  }
}

function whileConnecting(state: Named<'connecting'>, event: OwnEvent, moment: Moment, policy: Policy): Step {
  const { trail } = state
  switch (event.type) {
    case 'opened':
      // Somebody is there. To go elsewhere now would make more work for servers that have too much of it.
      return to({ ...state, deadlineMs: moment.nowMs + state.handshakeMs }, { do: 'handshake' })
    case 'welcome':
      return to({
        name: 'resuming',
        moved: false,
        trail: { ...trail, askedDelayMs: undefined },
        deadlineMs: moment.nowMs + RESUME_MS,
        liveness: aliveSince(moment.nowMs, event.heartbeatMs),
        renewAtMs: renewAfterWelcome(moment.nowMs, event.tokenLifeMs, policy),
        renewFailures: 0,
      })
    case 'errorFrame':
      return to({ ...state, trail: { ...trail, askedDelayMs: event.retryAfterMs ?? trail.askedDelayMs } })
    case 'closed':
      return afterClose(trail, event, moment, policy)
    case 'deadline':
      if (moment.nowMs < state.deadlineMs) return to(state)
      return dropped(trail, moment, `no welcome within ${state.handshakeMs} ms`)
    default:
      return to(state)
  }
}

function resumed(state: Named<'resuming'>, moment: Moment): Step {
  const { trail, liveness, renewAtMs, renewFailures } = state
  const endpoints = served(trail.endpoints, trail.endpoints.current, moment)
  return to({
    name: 'online',
    trail: { ...trail, endpoints },
    sinceMs: moment.nowMs,
    liveness,
    renewAtMs,
    renewFailures,
  })
}
