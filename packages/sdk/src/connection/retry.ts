import { unreachable } from '@skein/core'
import { CLOSE, closeAction, type CloseAction } from '@skein/protocol'
import {
  again,
  avoided,
  choose,
  steady,
  told,
  tried,
  untilAgain,
  untilNext,
  untilRound,
  type Endpoints,
  type Wait,
} from './endpoints.ts'
import { to, type LiveState, type Moment, type Policy, type Step, type Trail } from './state.ts'

/** What follows the end of a connection or of an attempt, and how the next attempt begins. */

export const TOKEN_FETCH_MS = 10_000
export const HANDSHAKE_MS = 5_000
/** A silent endpoint is not waited for as long while there are others that were not tried yet. */
export const FIRST_HANDSHAKE_MS = 2_500
/** Online for this long: the next failure is a first one. */
export const STEADY_MS = 1_000
const ASKED_DELAY_MAX_MS = 300_000
/** When the server is overloaded but names no delay. */
const ASKED_DELAY_UNTOLD_MS = 1_000

/** After a whole round was in vain, slowness may be everybody's: then patience helps more than haste. */
export const handshakeMs = ({ health, rounds }: Endpoints): number =>
  health.filter(({ listed }) => listed).length > 1 && rounds === 0 ? FIRST_HANDSHAKE_MS : HANDSHAKE_MS

export function begin(trail: Trail, moment: Moment): Step {
  const { nowMs } = moment
  if (!trail.hasToken) {
    return to({ name: 'fetchingToken', trail, deadlineMs: nowMs + TOKEN_FETCH_MS }, { do: 'fetchToken' })
  }
  const endpoint = choose(trail.endpoints, moment)
  if (endpoint === undefined) return retryLater(trail, moment, 'no endpoint is known yet')
  const endpoints = tried(trail.endpoints, endpoint, moment)
  const waitMs = handshakeMs(endpoints)
  return to(
    {
      name: 'connecting',
      trail: { ...trail, endpoints, askedDelayMs: undefined },
      deadlineMs: nowMs + waitMs,
      handshakeMs: waitMs,
    },
    { do: 'open', endpoint },
  )
}

/** A connection that was steady wipes the slate; one that was not counts as a failure. */
export function afterLive(state: LiveState, { nowMs }: Moment): Trail {
  const wasSteady = state.name !== 'resuming' && nowMs - state.sinceMs >= STEADY_MS
  return wasSteady ? { ...state.trail, endpoints: steady(state.trail.endpoints) } : state.trail
}

/** We give this connection up. */
export function dropped(trail: Trail, moment: Moment, reason: string): Step {
  const next = retryElsewhere(blamed(trail, 'retry', moment), moment, reason)
  // Browsers allow 1000 and 3000–4999 only.
  return to(next.state, { do: 'close', code: CLOSE.heartbeatTimeout, reason }, ...next.effects)
}

export function afterClose(
  trail: Trail,
  { code, reason }: { readonly code: number; readonly reason: string },
  moment: Moment,
  policy: Policy,
): Step {
  const why = reason === '' ? `closed with ${code}` : `${reason} (${code})`
  const action = closeAction(code)
  switch (action) {
    case 'giveUp':
      return to({ name: 'refused', reason: why })
    case 'reauthenticate': {
      if (!policy.tokenRenewable) return to({ name: 'refused', reason: why })
      const endpoints = again(trail.endpoints, moment)
      const next = { ...trail, endpoints, hasToken: false }
      return wait(next, untilAgain(endpoints, moment), moment, why)
    }
    case 'wait': {
      const askedDelayMs = trail.askedDelayMs ?? ASKED_DELAY_UNTOLD_MS
      return retryElsewhere({ ...blamed(trail, action, moment), askedDelayMs }, moment, why)
    }
    case 'retry':
    case 'retryElsewhere':
      return retryElsewhere(blamed(trail, action, moment), moment, why)
    default:
      return unreachable(action)
  }
}

/** What its end says about the endpoint in use. */
export const blamed = (trail: Trail, action: CloseAction, moment: Moment): Trail => {
  const { endpoints } = trail
  return {
    ...trail,
    endpoints:
      action === 'retryElsewhere'
        ? avoided(endpoints, endpoints.current, moment)
        : told(endpoints, endpoints.current, 'failed', moment),
  }
}

const retryElsewhere = (trail: Trail, moment: Moment, reason: string): Step =>
  wait(trail, untilNext(trail.endpoints, moment), moment, reason)

/** What is missing is nothing that an endpoint has. */
export const retryLater = (trail: Trail, moment: Moment, reason: string): Step =>
  wait(trail, untilRound(trail.endpoints, moment), moment, reason)

/** A delay that the server named wins, stretched by up to a tenth. */
function wait(trail: Trail, { endpoints, delayMs }: Wait, { nowMs, roll }: Moment, reason: string): Step {
  const next: Trail = { ...trail, endpoints, askedDelayMs: undefined }
  const askedMs = trail.askedDelayMs
  if (askedMs === undefined)
    return to({ name: 'waiting', trail: next, untilMs: nowMs + delayMs, reason, directed: false })
  const untilMs = nowMs + Math.min(askedMs, ASKED_DELAY_MAX_MS) * (1 + roll / 10)
  return to({ name: 'waiting', trail: next, untilMs, reason, directed: true })
}
