import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  endpointsOf,
  events,
  fixedToken,
  live,
  NOW,
  policy,
  run,
  states,
  trail,
  type EventKey,
} from '../testing/connection-states.ts'
import { AVOID_MS, BACKOFF } from './endpoints.ts'
import { RESUME_MS } from './live.ts'
import { aliveSince } from './liveness.ts'
import { deadlineMs, initialState } from './machine.ts'
import { FIRST_HANDSHAKE_MS, HANDSHAKE_MS, STEADY_MS } from './retry.ts'
import type { Effect, Policy, State } from './state.ts'

/** An attempt at the endpoint that served last. */
const begun = run(states.waiting, events.networkOnline).state
/** With one URL. */
const single = { ...trail, endpoints: endpointsOf(1) }

describe('what follows a close', () => {
  const after = (code: number, from: State, with_: Policy = policy) =>
    run(from, { ...events.closed, code }, { policy: with_ }).state

  test.each([
    [4000, 'refused'],
    [4099, 'refused'],
    [4100, 'waiting'],
    [4200, 'waiting'],
    [4300, 'waiting'],
    [4400, 'waiting'],
    [4999, 'waiting'],
    [1006, 'waiting'],
  ])('CLOSE1 %i: %s', (code, name) => {
    expect(after(code, states.online).name).toBe(name)
  })

  test('41xx asks the app for another token, and is final when there is only one', () => {
    expect(after(4101, states.online)).toMatchObject({ trail: { hasToken: false } })
    expect(run(after(4101, states.online), events.networkOnline).state.name).toBe('fetchingToken')
    expect(after(4101, states.online, fixedToken).name).toBe('refused')
  })

  test('the delay that the server named wins, and nothing shortens it', () => {
    const told = run(states.online, events.errorFrame).state
    const waiting = after(4400, told)
    expect(waiting).toMatchObject({ name: 'waiting', directed: true })
    expect(deadlineMs(waiting)).toBeGreaterThanOrEqual(NOW + 3_000)
    expect(deadlineMs(waiting)).toBeLessThanOrEqual(NOW + 3_300)
    expect(run(waiting, events.networkOnline).state).toBe(waiting)
  })

  test.each([['closed'], ['deadline']] as const)('each attempt goes to the next endpoint: %s', (key) => {
    const { state } = run(begun, events[key], { nowMs: NOW + FIRST_HANDSHAKE_MS })
    expect(run(state, events.networkOnline).effects).toEqual([{ do: 'open', endpoint: 'b' }])
  })

  test('CLOSE1 after 43xx elsewhere at once, and not back there for a while', () => {
    const left = after(4300, states.online)
    expect(deadlineMs(left)).toBeLessThanOrEqual(NOW + 100)
    const { state, effects } = run(left, events.networkOnline)
    expect(effects).toEqual([{ do: 'open', endpoint: 'b' }])
    expect(state).toMatchObject({ trail: { endpoints: { health: [{ avoidUntilMs: NOW + AVOID_MS }, {}] } } })
  })
})

describe('backoff', () => {
  test('the first retry after a steady connection comes within 100 ms', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (roll) => {
        const { state } = run(states.online, events.closed, { roll })
        expect(deadlineMs(state)).toBeLessThanOrEqual(NOW + 100)
      }),
    )
  })

  test('grows with every failure up to its bound, and begins anew after a steady connection', () => {
    let state: State = run({ ...states.waiting, trail: single } as State, events.networkOnline).state
    let longestMs = 0
    for (let i = 0; i < 20; i++) {
      state = run(state, events.closed, { roll: 0.999 }).state
      const delayMs = (deadlineMs(state) ?? 0) - NOW
      expect(delayMs).toBeGreaterThanOrEqual(longestMs)
      longestMs = delayMs
      state = run(state, events.networkOnline).state
    }
    expect(longestMs).toBeCloseTo(BACKOFF.maxMs * 0.999)
  })

  test('a connection that is lost at once counts as a failure: no storm against a server that welcomes and dies', () => {
    const short: State = {
      name: 'online',
      sinceMs: NOW - STEADY_MS + 1,
      ...live,
      trail: { ...single, endpoints: { ...single.endpoints, tried: ['a'], rounds: 4 } },
    }
    const { state } = run(short, events.closed, { roll: 0.999 })
    expect((deadlineMs(state) ?? 0) - NOW).toBeGreaterThan(1_000)
  })
})

describe('liveness', () => {
  /** Lets time pass, nothing else, until the connection is given up; when, and what was sent. */
  const silence = (from: State): { atMs: number; pings: number } => {
    let state = from
    let pings = 0
    for (let i = 0; i < 20; i++) {
      const atMs = deadlineMs(state) ?? 0
      const next = run(state, events.deadline, { nowMs: atMs })
      pings += next.effects.filter((effect) => effect.do === 'ping').length
      state = next.state
      if (state.name === 'waiting') return { atMs, pings }
    }
    throw new Error('never given up')
  }
  const online: State = { name: 'online', sinceMs: NOW, ...live, renewAtMs: undefined }

  test('BEAT1 BEAT5 a silent server is found within a heartbeat and 4 s', () => {
    expect(silence(online)).toEqual({ atMs: NOW + 29_000, pings: 1 })
  })

  test('BEAT4 within 3 s when a send waits, also when a heartbeat was just asked for', () => {
    expect(silence(run(online, events.sendPending).state)).toEqual({ atMs: NOW + 3_000, pings: 1 })
    const asked = run(online, events.deadline, { nowMs: NOW + 25_000 }).state
    const pending = run(asked, events.sendPending, { nowMs: NOW + 25_100 }).state
    expect(silence(pending).atMs).toBeLessThanOrEqual(NOW + 28_100)
  })

  test('BEAT6 within 2 s after a doubt', () => {
    expect(silence(run(online, events.clockJumped).state)).toEqual({ atMs: NOW + 2_000, pings: 0 })
  })

  test('a server that still talks but does not hear us is found by its missing pong', () => {
    let state = run(online, events.clockJumped).state
    let nowMs = NOW
    while (state.name === 'online' && nowMs < NOW + 60_000) {
      nowMs += 500
      state = run(state, events.heard, { nowMs }).state
      state = run(state, events.deadline, { nowMs }).state
    }
    expect(nowMs - NOW).toBe(15_000)
  })

  test('whatever is heard is good enough', () => {
    const probed = run(online, events.clockJumped).state
    const heard = run(run(probed, events.heard).state, events.pong).state
    expect(deadlineMs(heard)).toBe(NOW + 25_000)
  })
})

describe('the token', () => {
  test('is renewed at 80 % of its life, once, and again when that fails', () => {
    const { state } = run(states.connecting, events.welcome)
    const online = run(state, events.resumed).state as Extract<State, { name: 'online' }>
    expect(online.renewAtMs).toBe(NOW + 80_000)
    const quiet = { ...online, liveness: aliveSince(NOW + 80_000, 25_000) }
    const asked = run(quiet, events.deadline, { nowMs: NOW + 80_000 })
    expect(asked.effects).toEqual([{ do: 'fetchToken' }])
    expect(run(asked.state, events.deadline, { nowMs: NOW + 80_001 }).effects).toEqual([])
    const failed = run(asked.state, events.tokenFailed, { nowMs: NOW + 80_001 }).state
    expect(failed).toMatchObject({ renewFailures: 1 })
  })

  test('a fixed one is not renewed', () => {
    expect(run(states.connecting, events.welcome, { policy: fixedToken }).state).toMatchObject({
      renewAtMs: undefined,
    })
  })
})

test('a handshake and a resume that never end are given up', () => {
  const connecting = run(states.waiting, events.deadline).state
  expect(deadlineMs(connecting)).toBe(NOW + FIRST_HANDSHAKE_MS)
  const alone: State = { name: 'waiting', trail: single, untilMs: NOW, reason: '', directed: false }
  expect(deadlineMs(run(alone, events.deadline).state)).toBe(NOW + HANDSHAKE_MS)
  const resuming = run(connecting, { ...events.welcome, heartbeatMs: 60_000 }).state
  expect(deadlineMs(resuming)).toBe(NOW + RESUME_MS)
})

test('who answers the knock has its full time to welcome', () => {
  const connecting = run(states.waiting, events.deadline).state
  const opened = run(connecting, events.opened, { nowMs: NOW + 2_000 }).state
  expect(deadlineMs(opened)).toBe(NOW + 2_000 + FIRST_HANDSHAKE_MS)
})

interface Transports {
  readonly main: boolean
  readonly next: boolean
  readonly switched: boolean
}

/** What a shell that does as it is told has open. */
function follow(open: Transports, key: EventKey, effects: readonly Effect[]): Transports {
  let { main, next, switched } = open
  if (key === 'closed') main = false
  if (key === 'next:closed') next = false
  for (const effect of effects) {
    if (effect.do === 'open' || effect.do === 'openNext') {
      expect(effect.do === 'open' ? main : next, `${effect.do} while one is open`).toBe(false)
    }
    if (effect.do === 'open') main = true
    if (effect.do === 'openNext') next = true
    if (effect.do === 'close') main = false
    if (effect.do === 'closeNext') next = false
    if (effect.do === 'switch') switched = true
    if (effect.do === 'switchBack') switched = false
    if (effect.do === 'promote') [main, next, switched] = [next, false, false]
  }
  return { main, next, switched }
}

test('whatever happens, in whatever order, transports are open where a state has them, and something is waited for', () => {
  const keys = Object.keys(events) as EventKey[]
  const usual = ['tokenReady', 'opened', 'welcome', 'resumed', 'migrate', 'deadline', 'next:welcome'] as const
  const begins = fc
    .nat({ max: usual.length })
    .map((length) =>
      usual.slice(0, length).map((key) => ({ key, afterMs: key === 'deadline' ? 2_500 : 0, roll: 0.5 })),
    )
  const happening = fc.record({
    key: fc.oneof(
      fc.constantFrom(...keys.filter((key) => !['start', 'stop', 'refuse'].includes(key))),
      // What leads somewhere, more often.
      fc.constantFrom<EventKey>('deadline', 'tokenReady', 'welcome', 'resumed', 'migrate', 'next:welcome'),
      fc.constantFrom<EventKey>(...keys),
    ),
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40_000 })),
    roll: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  })
  let migrated = 0
  fc.assert(
    fc.property(begins, fc.array(happening, { maxLength: 60 }), (begin, happenings) => {
      let nowMs = 0
      let state = run(initialState(['a', 'b', 'c']), events.start, { nowMs }).state
      let open: Transports = { main: false, next: false, switched: false }
      for (const { key, afterMs, roll } of [...begin, ...happenings]) {
        nowMs += afterMs
        const next = run(state, events[key], { nowMs, roll })
        open = follow(open, key, next.effects)
        state = next.state
        expect(open).toEqual({
          main: ['connecting', 'resuming', 'online', 'migrating'].includes(state.name),
          next: state.name === 'migrating' && state.next.at !== 'waiting',
          switched: state.name === 'migrating' && state.next.at === 'resuming',
        })
        if (open.switched) migrated++
        const ended = state.name === 'refused' || state.name === 'stopped'
        expect(deadlineMs(state) === undefined).toBe(ended)
      }
    }),
    { numRuns: 300 },
  )
  expect(migrated).toBeGreaterThan(0)
})

test('a token that was nearly over when its connection began is renewed at once, one that was just fetched is not', () => {
  const resuming = run(states.connecting, { ...events.welcome, tokenLifeMs: 700 }).state
  expect(resuming).toMatchObject({ renewAtMs: NOW })
  expect(run(resuming, events.deadline).effects).toContainEqual({ do: 'fetchToken' })
  expect(run(states.online, { ...events.renewed, tokenLifeMs: 700 }).state).toMatchObject({
    renewAtMs: NOW + 1_000,
  })
  expect(
    run(states.connecting, { ...events.welcome, tokenLifeMs: 700 }, { policy: fixedToken }).state,
  ).toMatchObject({ renewAtMs: undefined })
})
