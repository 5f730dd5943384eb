import { describe, expect, test } from 'vitest'
import { elsewhere, endpointsOf, events, NOW, run, states, trail } from '../testing/connection-states.ts'
import { initialState } from './machine.ts'
import type { State } from './state.ts'

const list = { type: 'endpoints', urls: ['b', 'c'] } as const
const nowhere = (state: State): State =>
  ({ ...state, trail: { ...trail, endpoints: endpointsOf(0) } }) as State

describe('a list that comes while the client lives', () => {
  test('who waits for want of an endpoint goes on at once, with the best', () => {
    const started = run(initialState([]), events.start).state
    const waiting = run(started, events.tokenReady).state
    expect(waiting).toMatchObject({ name: 'waiting', reason: 'no endpoint is known yet' })
    expect(run(waiting, list).effects).toEqual([{ do: 'open', endpoint: 'b' }])
  })

  test('who waits for another reason, or was told how long, goes on waiting', () => {
    expect(run(states.waiting, list).state.name).toBe('waiting')
    const directed = nowhere({ ...states.waiting, directed: true } as State)
    expect(run(directed, list).state.name).toBe('waiting')
  })

  test('a connection to an endpoint that left the list stays; the next attempt goes to one that is in it', () => {
    const { state, effects } = run(states.online, list)
    expect(state.name).toBe('online')
    expect(effects).toEqual([])
    const lost = run(state, events.closed).state
    expect(run(lost, events.networkOnline).effects).toEqual([{ do: 'open', endpoint: 'b' }])
  })

  test('when the list is taken away nothing is tried until there is another', () => {
    const without = run(states.waiting, { type: 'endpoints', urls: [] }).state
    const { state, effects } = run(without, events.deadline)
    expect(state.name).toBe('waiting')
    expect(effects).toEqual([])
  })
})

describe('a probe that failed', () => {
  test('puts an endpoint behind the others', () => {
    const known = run(states.waiting, { type: 'endpoints', urls: ['c', 'b'] }).state
    const told = run(known, { type: 'probeFailed', endpoint: 'c' }).state
    expect(run(told, events.networkOnline).effects).toEqual([{ do: 'open', endpoint: 'b' }])
  })

  test('says nothing of one that is in use or being tried', () => {
    for (const state of [states.online, states.connecting, states['migrating:connecting']]) {
      expect(run(state, { type: 'probeFailed', endpoint: 'a' }).state).toBe(state)
    }
    const moving = states['migrating:connecting']
    expect(run(moving, { type: 'probeFailed', endpoint: elsewhere.endpoint ?? '' }).state).toBe(moving)
  })
})

describe('a move by the own wish', () => {
  const moving = run(states.online, events.improve).state

  test('leads to the better endpoint, and says nothing against the one that is left', () => {
    expect(moving).toMatchObject({
      name: 'migrating',
      trail: { endpoints: { health: [{ avoidUntilMs: 0 }, {}] } },
    })
    const dueMs = NOW + 2_500
    expect(run(moving, events.deadline, { nowMs: dueMs }).effects).toEqual([
      { do: 'openNext', place: elsewhere },
    ])
  })

  test('to where it is already is none', () => {
    expect(run(states.online, { ...events.improve, endpoint: 'a' }).state).toBe(states.online)
  })

  test('that fails twice there ends where it began: nowhere else is tried', () => {
    let state = moving
    const places: unknown[] = []
    for (let nowMs = NOW; nowMs < NOW + 10_000 && state.name === 'migrating'; nowMs += 1_000) {
      const due = run(state, events.deadline, { nowMs })
      for (const effect of due.effects) if (effect.do === 'openNext') places.push(effect.place.endpoint)
      state = run(due.state, events['next:closed'], { nowMs }).state
    }
    expect(places).toEqual(['b', 'b'])
    expect(state.name).toBe('online')
  })

  test('does not disturb a migration that the server asked for', () => {
    const asked = states['migrating:waiting']
    expect(run(asked, { ...events.improve, endpoint: 'c' }).state).toBe(asked)
  })
})
