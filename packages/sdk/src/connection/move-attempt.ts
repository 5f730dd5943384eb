import { unreachable } from '@skein/core'
import { closeAction } from '@skein/protocol'
import { fullJitterMs } from '@skein/resilience'
import { avoided, chooseOther, told } from './endpoints.ts'
import { livenessDueMs } from './liveness.ts'
import { handshakeMs } from './retry.ts'
import {
  to,
  type Effect,
  type Live,
  type Moment,
  type Named,
  type Next,
  type Place,
  type Policy,
  type Step,
} from './state.ts'

/** The attempts of a migration to have a new connection: where to, how often, and the way back to the old one. */
type Migrating = Named<'migrating'>

const BACKOFF = { baseMs: 200, maxMs: 5_000 } as const
/** So often to where the server said; then anywhere but here. */
const HINTED_ATTEMPTS = 2

/** When the new connection has something due. */
export function nextDueMs(next: Next): number {
  switch (next.at) {
    case 'waiting':
      return next.untilMs
    case 'connecting':
      return next.deadlineMs
    case 'resuming':
      return Math.min(next.deadlineMs, livenessDueMs(next.liveness))
    default:
      return unreachable(next)
  }
}

export function attempt(state: Migrating, moment: Moment): Step {
  const { endpoints } = state.trail
  const place = placeOf(state, moment)
  if (place === undefined) return to({ name: 'online', ...liveOf(state), sinceMs: state.sinceMs })
  const next: Next = { at: 'connecting', place, deadlineMs: moment.nowMs + handshakeMs(endpoints) }
  const begun = told(endpoints, otherEndpoint(state, place), 'asked', moment)
  return to({ ...state, trail: { ...state.trail, endpoints: begun }, next }, { do: 'openNext', place })
}

/** Undefined: no endpoint is known. */
function placeOf({ move, trail: { endpoints } }: Migrating, moment: Moment): Place | undefined {
  const { target } = move
  if (move.failures < HINTED_ATTEMPTS) {
    if (target.url !== undefined || target.endpoint !== undefined) return target
    if (target.node !== undefined && endpoints.current !== undefined)
      return { ...target, endpoint: endpoints.current }
  }
  const endpoint = chooseOther(endpoints, endpoints.current, moment)
  return endpoint === undefined ? undefined : { endpoint, url: undefined, node: undefined }
}

/** The one that the old connection uses works, whatever becomes of the new one. */
const otherEndpoint = ({ trail: { endpoints } }: Migrating, { endpoint }: Place): string | undefined =>
  endpoint === endpoints.current ? undefined : endpoint

export const nextSilent = (state: Migrating, moment: Moment): Step =>
  nextEnded(state, undefined, [{ do: 'closeNext', reason: 'too slow' }], moment, { tokenRenewable: true })

/** Back to the old one; later again, if there is time. */
export function nextEnded(
  state: Migrating,
  code: number | undefined,
  closing: readonly Effect[],
  moment: Moment,
  { tokenRenewable }: Policy,
): Step {
  const { next, move, trail } = state
  const action = code === undefined ? 'retry' : closeAction(code)
  const place = next.at === 'waiting' ? undefined : otherEndpoint(state, next.place)
  const endpoints =
    action === 'retryElsewhere'
      ? avoided(trail.endpoints, place, moment)
      : told(trail.endpoints, place, 'failed', moment)
  const back: readonly Effect[] = next.at === 'resuming' ? [{ do: 'switchBack' }] : []
  const reauthenticates = action === 'reauthenticate'
  const token: readonly Effect[] = reauthenticates && tokenRenewable ? [{ do: 'fetchToken' }] : []
  const waitMs = move.askedDelayMs ?? fullJitterMs(BACKOFF, move.failures, { next: () => moment.roll })
  const untilMs = moment.nowMs + waitMs
  const effects = [...closing, ...back, ...token]
  const live = { ...liveOf(state), trail: { ...trail, endpoints }, sinceMs: state.sinceMs }
  const stays = move.orStay && move.failures + 1 >= HINTED_ATTEMPTS
  if (action === 'giveUp' || (reauthenticates && !tokenRenewable) || untilMs >= move.endMs || stays)
    return to({ name: 'online', ...live }, ...effects)
  return to(
    {
      name: 'migrating',
      ...live,
      move: { ...move, failures: move.failures + 1, askedDelayMs: undefined },
      next: { at: 'waiting', untilMs },
    },
    ...effects,
  )
}

export const liveOf = ({ trail, liveness, renewAtMs, renewFailures }: Live): Live => ({
  trail,
  liveness,
  renewAtMs,
  renewFailures,
})

/** What ends the new connection where the old one goes on or is ended too. */
export function leaveNext(next: Next, reason: string): readonly Effect[] {
  if (next.at === 'waiting') return []
  const close: Effect = { do: 'closeNext', reason }
  return next.at === 'resuming' ? [close, { do: 'switchBack' }] : [close]
}
