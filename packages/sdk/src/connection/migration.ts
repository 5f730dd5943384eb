import { unreachable } from '@skein/core'
import { closeAction } from '@skein/protocol'
import { avoided, served, tried, type Endpoints } from './endpoints.ts'
import { beat, renewAfterWelcome, RESUME_MS, whileLive } from './live.ts'
import { aliveSince, checkLiveness, doubt, heard, heardPong, sendsPending, wrote } from './liveness.ts'
import { attempt, leaveNext, liveOf, nextEnded, nextSilent } from './move-attempt.ts'
import { afterClose, afterLive, blamed, dropped, handshakeMs } from './retry.ts'
import {
  to,
  type Effect,
  type LinkEvent,
  type Live,
  type Moment,
  type Named,
  type Next,
  type OwnEvent,
  type Place,
  type Policy,
  type Step,
  type Trail,
} from './state.ts'

/**
 * Make-before-break: the old connection serves until the new one has resumed (SPEC, MIG rules).
 *
 *    online ── migrate ──▶ waiting ──▶ connecting ── welcome: sends go there ──▶ resuming ── resumed ──▶ online
 *       ▲                    ▲  │          │ failed, late                            │    (the new one alone)
 *       └── withinMs is over ┘  └──────────┴──────── sends go by the old one again ──┘
 *
 * The old one ends first: a new one that is welcomed goes on alone and the app sees nothing; one that is
 * still connecting becomes an ordinary attempt.
 */
type Migrating = Named<'migrating'>
type Resuming = Extract<Next, { at: 'resuming' }>

const WITHIN_MAX_MS = 600_000
/** Clients that are told in the same instant do not all come in the same instant. */
const SPREAD = 0.25
export function beginMigration(
  state: Named<'online' | 'migrating'>,
  event: Extract<OwnEvent, { type: 'migrate' }>,
  moment: Moment,
): Step {
  const { nowMs, roll } = moment
  const withinMs = Math.min(event.withinMs, WITHIN_MAX_MS)
  const { trail, sinceMs } = state
  const effects = state.name === 'migrating' ? leaveNext(state.next, 'another migration') : []
  // A hint for a proxy says nothing against the proxy.
  const leavesEndpoint = event.target.node === undefined || event.target.url !== undefined
  const endpoints = leavesEndpoint
    ? avoided(trail.endpoints, trail.endpoints.current, moment)
    : trail.endpoints
  return to(
    {
      name: 'migrating',
      ...liveOf(state),
      trail: { ...trail, endpoints },
      sinceMs,
      move: { target: event.target, endMs: nowMs + withinMs, ...untriedMove, orStay: false },
      next: { at: 'waiting', untilMs: nowMs + roll * withinMs * SPREAD },
    },
    ...effects,
  )
}

const untriedMove = { failures: 0, askedDelayMs: undefined } as const

/** By the client's own wish: nothing is said against the endpoint that it leaves. */
export function beginImprovement(
  state: Named<'online'>,
  { endpoint, withinMs }: Extract<OwnEvent, { type: 'improve' }>,
  { nowMs, roll }: Moment,
): Step {
  if (endpoint === state.trail.endpoints.current) return to(state)
  const target: Place = { endpoint, url: undefined, node: undefined }
  return to({
    name: 'migrating',
    ...liveOf(state),
    sinceMs: state.sinceMs,
    move: { target, endMs: nowMs + withinMs, ...untriedMove, orStay: true },
    next: { at: 'waiting', untilMs: nowMs + roll * withinMs * SPREAD },
  })
}

export function whileMigrating(state: Migrating, event: OwnEvent, moment: Moment, policy: Policy): Step {
  const { next } = state
  switch (event.type) {
    case 'migrate':
      return beginMigration(state, event, moment)
    case 'next':
      return onNext(state, event.event, moment, policy)
    case 'closed':
      return oldEnded(state, event, moment, policy)
    case 'deadline':
      return onDeadline(state, moment)
    case 'sendPending':
    case 'noSendPending': {
      if (next.at !== 'resuming') return whileLive(state, event, moment, policy)
      const liveness = sendsPending(next.liveness, event.type === 'sendPending', moment.nowMs)
      return to({ ...state, next: { ...next, liveness } })
    }
    case 'networkOnline':
    case 'becameVisible':
    case 'clockJumped': {
      if (next.at !== 'resuming') return whileLive(state, event, moment, policy)
      const liveness = doubt(next.liveness, moment.nowMs)
      const step = whileLive({ ...state, next: { ...next, liveness } }, event, moment, policy)
      return to(step.state, ...step.effects, { do: 'pingNext', n: liveness.pings })
    }
    default:
      return whileLive(state, event, moment, policy)
  }
}

function onNext(state: Migrating, event: LinkEvent, moment: Moment, policy: Policy): Step {
  switch (state.next.at) {
    case 'waiting':
      return to(state)
    case 'connecting':
      return whileNextConnects(state, state.next, event, moment, policy)
    case 'resuming':
      return whileNextResumes(state, state.next, event, moment, policy)
    default:
      return unreachable(state.next)
  }
}

function whileNextConnects(
  state: Migrating,
  next: Extract<Next, { at: 'connecting' }>,
  event: LinkEvent,
  moment: Moment,
  policy: Policy,
): Step {
  const { nowMs } = moment
  switch (event.type) {
    case 'opened': {
      const deadlineMs = nowMs + handshakeMs(state.trail.endpoints)
      return to({ ...state, next: { ...next, deadlineMs } }, { do: 'handshakeNext' })
    }
    case 'welcome': {
      const resuming: Next = {
        at: 'resuming',
        place: next.place,
        deadlineMs: nowMs + RESUME_MS,
        liveness: aliveSince(nowMs, event.heartbeatMs),
        renewAtMs: renewAfterWelcome(nowMs, event.tokenLifeMs, policy),
      }
      const liveness = sendsPending(state.liveness, false, nowMs)
      return to({ ...state, liveness, next: resuming }, { do: 'switch' })
    }
    case 'errorFrame':
      return to(asked(state, event.retryAfterMs))
    case 'closed':
      return nextEnded(state, event.code, [], moment, policy)
    default:
      return to(state)
  }
}

function whileNextResumes(
  state: Migrating,
  next: Resuming,
  event: LinkEvent,
  moment: Moment,
  policy: Policy,
): Step {
  const { nowMs } = moment
  const living = (liveness: Resuming['liveness']): Step => to({ ...state, next: { ...next, liveness } })
  switch (event.type) {
    case 'heard':
      return living(heard(next.liveness, nowMs))
    case 'wrote':
      return living(wrote(next.liveness, nowMs))
    case 'pong':
      return living(heardPong(next.liveness, event.n))
    case 'resumed':
      return to({ name: 'online', sinceMs: state.sinceMs, ...moved(state, next, moment) }, { do: 'promote' })
    // The old one still tells of what is void.
    case 'reset':
      return alone(next, state.trail, moment)
    case 'errorFrame':
      return to(asked(state, event.retryAfterMs))
    case 'closed':
      return nextEnded(state, event.code, [], moment, policy)
    default:
      return to(state)
  }
}

const asked = (state: Migrating, retryAfterMs: number | undefined): Migrating => ({
  ...state,
  move: { ...state.move, askedDelayMs: retryAfterMs ?? state.move.askedDelayMs },
})

function moved(state: Migrating, next: Resuming, moment: Moment): Live {
  const endpoints = served(state.trail.endpoints, next.place.endpoint, moment)
  return {
    trail: { ...state.trail, endpoints, askedDelayMs: undefined },
    liveness: next.liveness,
    renewAtMs: next.renewAtMs,
    renewFailures: 0,
  }
}

/** The new one goes on without the old one before it has resumed. */
function alone(next: Resuming, trail: Trail, moment: Moment): Step {
  const { deadlineMs, liveness, renewAtMs, place } = next
  const endpoints = inUse(trail.endpoints, place, moment)
  return to(
    {
      name: 'resuming',
      moved: true,
      trail: { ...trail, endpoints, askedDelayMs: undefined },
      deadlineMs,
      liveness,
      renewAtMs,
      renewFailures: 0,
    },
    { do: 'promote' },
  )
}

/** The old connection ended. */
function oldEnded(
  state: Migrating,
  end: { readonly code: number; readonly reason: string },
  moment: Moment,
  policy: Policy,
): Step {
  const action = closeAction(end.code)
  const trail = afterLive(state, moment)
  const { next } = state
  if (next.at === 'resuming') return alone(next, blamedUnless(next.place, trail, action, moment), moment)
  const goesOn = action !== 'giveUp' && action !== 'reauthenticate'
  if (next.at === 'connecting' && goesOn) return attemptAlone(next, trail, action, moment)
  const step = afterClose(trail, end, moment, policy)
  return to(step.state, ...leaveNext(next, 'the old connection ended'), ...step.effects)
}

function oldFellSilent(state: Migrating, moment: Moment): Step {
  const trail = afterLive(state, moment)
  const { next } = state
  if (next.at === 'resuming') return alone(next, blamedUnless(next.place, trail, 'retry', moment), moment)
  if (next.at === 'connecting') return attemptAlone(next, trail, 'retry', moment)
  return dropped(trail, moment, 'the server fell silent')
}

/** The attempt that is under way is as good as any. */
function attemptAlone(
  { place, deadlineMs }: Extract<Next, { at: 'connecting' }>,
  trail: Trail,
  action: ReturnType<typeof closeAction>,
  moment: Moment,
): Step {
  const { endpoints } = blamedUnless(place, trail, action, moment)
  const next = { ...trail, endpoints: inUse(endpoints, place, moment), askedDelayMs: undefined }
  const waitMs = handshakeMs(next.endpoints)
  return to({ name: 'connecting', trail: next, deadlineMs, handshakeMs: waitMs }, { do: 'promote' })
}

/** Both may be behind the same endpoint: then the end of one says nothing about it. */
const blamedUnless = (
  place: Place,
  trail: Trail,
  action: ReturnType<typeof closeAction>,
  moment: Moment,
): Trail => (place.endpoint === trail.endpoints.current ? trail : blamed(trail, action, moment))

const inUse = (endpoints: Endpoints, { endpoint }: Place, moment: Moment): Endpoints =>
  endpoint === undefined ? { ...endpoints, current: undefined } : tried(endpoints, endpoint, moment)

function onDeadline(state: Migrating, moment: Moment): Step {
  const beaten = beat(state, moment)
  if (beaten === 'dead') return oldFellSilent(state, moment)
  const step = nextDeadline(beaten.state, moment)
  return to(step.state, ...beaten.effects, ...step.effects)
}

function nextDeadline(state: Migrating, moment: Moment): Step {
  const { next } = state
  const { nowMs } = moment
  switch (next.at) {
    case 'waiting':
      return next.untilMs <= nowMs ? attempt(state, moment) : to(state)
    case 'connecting':
      return next.deadlineMs <= nowMs ? nextSilent(state, moment) : to(state)
    case 'resuming': {
      const liveness = checkLiveness(next.liveness, nowMs)
      if (liveness === 'dead' || next.deadlineMs <= nowMs) return nextSilent(state, moment)
      const pings: readonly Effect[] =
        liveness.pings === next.liveness.pings ? [] : [{ do: 'pingNext', n: liveness.pings }]
      return to({ ...state, next: { ...next, liveness } }, ...pings)
    }
    default:
      return unreachable(next)
  }
}
