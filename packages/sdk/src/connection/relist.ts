import { hasListed, relisted, told, type Endpoints } from './endpoints.ts'
import { begin } from './retry.ts'
import { to, type Moment, type State, type Step, type Trail } from './state.ts'

/** What is heard of endpoints from elsewhere than the connection. */

/** Who waited because there was none to try goes on at once. */
export function relist(state: State, urls: readonly string[], moment: Moment): Step {
  if (!('trail' in state)) return to(state)
  const next = withEndpoints(state, relisted(state.trail.endpoints, urls, moment))
  const wasStuck = !hasListed(state.trail.endpoints) && urls.length > 0
  const canBegin = next.name === 'waiting' && !next.directed && wasStuck
  return canBegin ? begin(next.trail, moment) : to(next)
}

/** One that is in use tells of itself what is to be known. */
export function probeFailed(state: State, endpoint: string, moment: Moment): Step {
  if (!('trail' in state) || inUse(state).includes(endpoint)) return to(state)
  return to(withEndpoints(state, told(state.trail.endpoints, endpoint, 'failed', moment)))
}

type WithTrail = Extract<State, { readonly trail: Trail }>

const withEndpoints = <S extends WithTrail>(state: S, endpoints: Endpoints): S => ({
  ...state,
  trail: { ...state.trail, endpoints },
})

function inUse(state: WithTrail): readonly (string | undefined)[] {
  const { current } = state.trail.endpoints
  if (state.name === 'migrating' && state.next.at !== 'waiting') return [current, state.next.place.endpoint]
  return state.name === 'waiting' || state.name === 'idle' || state.name === 'fetchingToken' ? [] : [current]
}
