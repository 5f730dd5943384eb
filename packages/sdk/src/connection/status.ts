import { unreachable, type Clock } from '@skein/core'
import type { ConnectionStatus } from '../api.ts'
import type { State } from './state.ts'

/** What the app is told of a state. A migration is none of its business. */
export function statusOf(state: State, clock: Clock): ConnectionStatus {
  switch (state.name) {
    case 'waiting': {
      const retryAtMs = clock.now() + state.untilMs - clock.monotonicMs()
      return { state: 'waiting', retryAtMs, reason: state.reason }
    }
    case 'refused':
      return { state: 'refused', reason: state.reason }
    case 'migrating':
      return { state: 'online' }
    case 'resuming':
      return { state: state.moved ? 'online' : 'connecting' }
    case 'online':
    case 'stopped':
      return { state: state.name }
    case 'idle':
    case 'fetchingToken':
    case 'connecting':
      return { state: 'connecting' }
    default:
      return unreachable(state)
  }
}
