import { unreachable } from '@skein/core'
import { remedyFor } from '@skein/protocol'
import { fullJitterMs } from '@skein/resilience'
import { BACKOFF } from './endpoints.ts'
import { checkLiveness, doubt, heard, heardPong, sendsPending, wrote } from './liveness.ts'
import { afterClose, afterLive, dropped } from './retry.ts'
import {
  to,
  type Effect,
  type LiveState,
  type Moment,
  type OwnEvent,
  type Policy,
  type Step,
} from './state.ts'

/** What every authenticated connection does: beat, renew its token, end. */

export const RESUME_MS = 15_000
const RENEW_AT_LIFE = 0.8
/** With less than this left of it, a token that a connection was begun with is renewed at once. */
const NEARLY_OVER_MS = 3_000

const renewAt = (nowMs: number, lifeMs: number, policy: Policy): number | undefined =>
  policy.tokenRenewable ? nowMs + Math.max(1_000, lifeMs * RENEW_AT_LIFE) : undefined

/** The token at hand may be an old one: a connection that moved took it along. */
export const renewAfterWelcome = (nowMs: number, lifeMs: number, policy: Policy): number | undefined =>
  policy.tokenRenewable && lifeMs < NEARLY_OVER_MS ? nowMs : renewAt(nowMs, lifeMs, policy)

export function whileLive(state: LiveState, event: OwnEvent, moment: Moment, policy: Policy): Step {
  const { nowMs } = moment
  const alive = state.liveness
  switch (event.type) {
    case 'heard':
      return to({ ...state, liveness: heard(alive, nowMs) })
    case 'pong':
      return to({ ...state, liveness: heardPong(alive, event.n) })
    case 'wrote':
      return to({ ...state, liveness: wrote(alive, nowMs) })
    case 'sendPending':
    case 'noSendPending':
      return to({ ...state, liveness: sendsPending(alive, event.type === 'sendPending', nowMs) })
    case 'networkOnline':
    case 'becameVisible':
    case 'clockJumped': {
      const liveness = doubt(alive, nowMs)
      return to({ ...state, liveness }, { do: 'ping', n: liveness.pings })
    }
    case 'tokenReady':
      return to(state, { do: 'auth' })
    case 'tokenFailed':
      return to(renewLater(state, moment))
    case 'renewed':
      return to({ ...state, renewAtMs: renewAt(nowMs, event.tokenLifeMs, policy), renewFailures: 0 })
    case 'errorFrame': {
      const trail = { ...state.trail, askedDelayMs: event.retryAfterMs ?? state.trail.askedDelayMs }
      const next = { ...state, trail }
      // The renewal was refused; the old token still counts until it ends.
      const refused = policy.tokenRenewable && remedyFor(event.code) === 'reauthenticate'
      return to(refused ? renewLater(next, moment) : next)
    }
    case 'closed':
      return afterClose(afterLive(state, moment), event, moment, policy)
    case 'deadline':
      return onDeadline(state, moment)
    case 'start':
    case 'opened':
    case 'welcome':
    case 'reset':
    case 'resumed':
    case 'migrate':
    case 'improve':
    case 'next':
      return to(state)
    default:
      return unreachable(event)
  }
}

const renewLater = <S extends LiveState>(state: S, { nowMs, roll }: Moment): S => ({
  ...state,
  renewAtMs: nowMs + 1_000 + fullJitterMs(BACKOFF, state.renewFailures, { next: () => roll }),
  renewFailures: state.renewFailures + 1,
})

function onDeadline(state: LiveState, moment: Moment): Step {
  const { nowMs } = moment
  const beaten = beat(state, moment)
  if (beaten === 'dead') return dropped(afterLive(state, moment), moment, 'the server fell silent')
  if (state.name === 'resuming' && state.deadlineMs <= nowMs) {
    return dropped(afterLive(state, moment), moment, `not resumed within ${RESUME_MS} ms`)
  }
  return to(beaten.state, ...beaten.effects)
}

/** What is due on a live connection. */
export function beat<S extends LiveState>(
  state: S,
  { nowMs }: Moment,
): 'dead' | { readonly state: S; readonly effects: readonly Effect[] } {
  const liveness = checkLiveness(state.liveness, nowMs)
  if (liveness === 'dead') return 'dead'
  const effects: Effect[] = []
  if (liveness.pings !== state.liveness.pings) effects.push({ do: 'ping', n: liveness.pings })
  const renew = (state.renewAtMs ?? Infinity) <= nowMs
  if (renew) effects.push({ do: 'fetchToken' })
  return { state: { ...state, liveness, renewAtMs: renew ? undefined : state.renewAtMs }, effects }
}
