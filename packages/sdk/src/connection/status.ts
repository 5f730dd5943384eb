import { unreachable, type Clock } from '@skein/core'
import type { ConnectionStatus } from '../api.ts'
import type { State } from './state.ts'

/** What the app is told of a state. A migration is none of its business. */
export function statusOf(state: State, clock: Clock, node: string | undefined): ConnectionStatus {
  const online = { state: 'online', ...(node !== undefined && { node }) } as const
  switch (state.name) {
    case 'waiting': {
      const retryAtMs = clock.now() + state.untilMs - clock.monotonicMs()
      return { state: 'waiting', retryAtMs, reason: state.reason }
    }
    case 'refused':
      return { state: 'refused', reason: state.reason }
    case 'migrating':
    case 'online':
      return online
    case 'resuming':
      return state.moved ? online : { state: 'connecting' }
    case 'stopped':
      return { state: 'stopped' }
    case 'idle':
    case 'fetchingToken':
    case 'connecting':
      return { state: 'connecting' }
    default:
      return unreachable(state)
  }
}
