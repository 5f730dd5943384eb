import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aliveSince } from './liveness.ts'
import { BACKOFF, deadlineMs, HANDSHAKE_MS, initialState, RESUME_MS, step, STEADY_MS } from './machine.ts'
import type { ConnectionEvent, Effect, EventType, Policy, State, StateName, Trail } from './state.ts'

const policy: Policy = { endpoints: 2, tokenRenewable: true }
const fixedToken: Policy = { endpoints: 2, tokenRenewable: false }
const trail: Trail = { failures: 0, endpoint: 0, hasToken: true, askedDelayMs: undefined }
const NOW = 100_000
const alive = aliveSince(NOW, 25_000)
const live = { trail, liveness: alive, renewAtMs: NOW + 60_000, renewFailures: 0 }

const states: Record<StateName, State> = {
  idle: initialState(0),
  waiting: { name: 'waiting', trail, untilMs: NOW, reason: 'lost', directed: false },
  fetchingToken: { name: 'fetchingToken', trail, deadlineMs: NOW },
  connecting: { name: 'connecting', trail, deadlineMs: NOW },
  resuming: { name: 'resuming', deadlineMs: NOW, ...live },
  online: { name: 'online', sinceMs: NOW - STEADY_MS, ...live },
  refused: { name: 'refused', reason: 'no' },
  stopped: { name: 'stopped' },
}

const events: { [Type in EventType]: Extract<ConnectionEvent, { type: Type }> } = {
  start: { type: 'start' },
  tokenReady: { type: 'tokenReady' },
  tokenFailed: { type: 'tokenFailed', reason: 'no network' },
  opened: { type: 'opened' },
  welcome: { type: 'welcome', heartbeatMs: 25_000, tokenLifeMs: 100_000 },
  resumed: { type: 'resumed' },
  renewed: { type: 'renewed', tokenLifeMs: 100_000 },
  pong: { type: 'pong', n: 1 },
  errorFrame: { type: 'errorFrame', code: 'overloaded', retryAfterMs: 3_000 },
  heard: { type: 'heard' },
  wrote: { type: 'wrote' },
  sendPending: { type: 'sendPending' },
  noSendPending: { type: 'noSendPending' },
  closed: { type: 'closed', code: 1006, reason: '' },
  deadline: { type: 'deadline' },
  networkOnline: { type: 'networkOnline' },
  becameVisible: { type: 'becameVisible' },
  clockJumped: { type: 'clockJumped' },
  refuse: { type: 'refuse', reason: 'wrong user' },
  stop: { type: 'stop' },
}

type Expected = readonly [StateName, ...Effect['do'][]]

/** Where nothing is told, the state stays and nothing is done. */
const stays = (name: StateName): Record<EventType, Expected> => {
  const same: Expected = [name]
  return {
    start: same,
    tokenReady: same,
    tokenFailed: same,
    opened: same,
    welcome: same,
    resumed: same,
    renewed: same,
    pong: same,
    errorFrame: same,
    heard: same,
    wrote: same,
    sendPending: same,
    noSendPending: same,
    closed: same,
    deadline: same,
    networkOnline: same,
    becameVisible: same,
    clockJumped: same,
    refuse: same,
    stop: same,
  }
}

const table: Record<StateName, Record<EventType, Expected>> = {
  idle: {
    start: ['fetchingToken', 'fetchToken'],
    tokenReady: ['idle'],
    tokenFailed: ['idle'],
    opened: ['idle'],
    welcome: ['idle'],
    resumed: ['idle'],
    renewed: ['idle'],
    pong: ['idle'],
    errorFrame: ['idle'],
    heard: ['idle'],
    wrote: ['idle'],
    sendPending: ['idle'],
    noSendPending: ['idle'],
    closed: ['idle'],
    deadline: ['idle'],
    networkOnline: ['idle'],
    becameVisible: ['idle'],
    clockJumped: ['idle'],
    refuse: ['refused'],
    stop: ['stopped'],
  },
  waiting: {
    start: ['waiting'],
    tokenReady: ['waiting'],
    tokenFailed: ['waiting'],
    opened: ['waiting'],
    welcome: ['waiting'],
    resumed: ['waiting'],
    renewed: ['waiting'],
    pong: ['waiting'],
    errorFrame: ['waiting'],
    heard: ['waiting'],
    wrote: ['waiting'],
    sendPending: ['waiting'],
    noSendPending: ['waiting'],
    closed: ['waiting'],
    deadline: ['connecting', 'open'],
    networkOnline: ['connecting', 'open'],
    becameVisible: ['connecting', 'open'],
    clockJumped: ['connecting', 'open'],
    refuse: ['refused'],
    stop: ['stopped'],
  },
  fetchingToken: {
    start: ['fetchingToken'],
    tokenReady: ['connecting', 'open'],
    tokenFailed: ['waiting'],
    opened: ['fetchingToken'],
    welcome: ['fetchingToken'],
    resumed: ['fetchingToken'],
    renewed: ['fetchingToken'],
    pong: ['fetchingToken'],
    errorFrame: ['fetchingToken'],
    heard: ['fetchingToken'],
    wrote: ['fetchingToken'],
    sendPending: ['fetchingToken'],
    noSendPending: ['fetchingToken'],
    closed: ['fetchingToken'],
    deadline: ['waiting'],
    networkOnline: ['fetchingToken'],
    becameVisible: ['fetchingToken'],
    clockJumped: ['fetchingToken'],
    refuse: ['refused'],
    stop: ['stopped'],
  },
  connecting: {
    start: ['connecting'],
    tokenReady: ['connecting'],
    tokenFailed: ['connecting'],
    opened: ['connecting', 'handshake'],
    welcome: ['resuming'],
    resumed: ['connecting'],
    renewed: ['connecting'],
    pong: ['connecting'],
    errorFrame: ['connecting'],
    heard: ['connecting'],
    wrote: ['connecting'],
    sendPending: ['connecting'],
    noSendPending: ['connecting'],
    closed: ['waiting'],
    deadline: ['waiting', 'close'],
    networkOnline: ['connecting'],
    becameVisible: ['connecting'],
    clockJumped: ['connecting'],
    refuse: ['refused', 'close'],
    stop: ['stopped', 'close'],
  },
  resuming: {
    start: ['resuming'],
    tokenReady: ['resuming', 'auth'],
    tokenFailed: ['resuming'],
    opened: ['resuming'],
    welcome: ['resuming'],
    resumed: ['online'],
    renewed: ['resuming'],
    pong: ['resuming'],
    errorFrame: ['resuming'],
    heard: ['resuming'],
    wrote: ['resuming'],
    sendPending: ['resuming'],
    noSendPending: ['resuming'],
    closed: ['waiting'],
    deadline: ['waiting', 'close'],
    networkOnline: ['resuming', 'ping'],
    becameVisible: ['resuming', 'ping'],
    clockJumped: ['resuming', 'ping'],
    refuse: ['refused', 'close'],
    stop: ['stopped', 'close'],
  },
  online: {
    start: ['online'],
    tokenReady: ['online', 'auth'],
    tokenFailed: ['online'],
    opened: ['online'],
    welcome: ['online'],
    resumed: ['online'],
    renewed: ['online'],
    pong: ['online'],
    errorFrame: ['online'],
    heard: ['online'],
    wrote: ['online'],
    sendPending: ['online'],
    noSendPending: ['online'],
    closed: ['waiting'],
    deadline: ['online'],
    networkOnline: ['online', 'ping'],
    becameVisible: ['online', 'ping'],
    clockJumped: ['online', 'ping'],
    refuse: ['refused', 'close'],
    stop: ['stopped', 'close'],
  },
  refused: { ...stays('refused'), stop: ['stopped'] },
  stopped: stays('stopped'),
}

const run = (
  state: State,
  event: ConnectionEvent,
  at: { nowMs?: number; roll?: number; policy?: Policy } = {},
) => step(state, event, { nowMs: at.nowMs ?? NOW, roll: at.roll ?? 0.5 }, at.policy ?? policy)

const names = Object.keys(states) as StateName[]
const types = Object.keys(events) as EventType[]

describe('every event in every state', () => {
  const cells = names.flatMap((name) => types.map((type) => [name, type] as const))
  test.each(cells)('%s: %s', (name, type) => {
    const { state, effects } = run(states[name], events[type])
    expect([state.name, ...effects.map((effect) => effect.do)]).toEqual(table[name][type])
  })
})

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

  test('each attempt goes to the next URL', () => {
    expect(after(1006, states.connecting)).toMatchObject({ trail: { endpoint: 1 } })
    expect(run(states.connecting, events.deadline).state).toMatchObject({ trail: { endpoint: 1 } })
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
    let state: State = states.connecting
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
      trail: { ...trail, failures: 4 },
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
  expect(deadlineMs(connecting)).toBe(NOW + HANDSHAKE_MS)
  const resuming = run(connecting, { ...events.welcome, heartbeatMs: 60_000 }).state
  expect(deadlineMs(resuming)).toBe(NOW + RESUME_MS)
})

test('whatever happens, in whatever order, the machine waits for something or has ended', () => {
  const happening = fc.record({
    type: fc.constantFrom(...types.filter((type) => type !== 'start')),
    afterMs: fc.integer({ min: 0, max: 40_000 }),
    roll: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      let nowMs = 0
      let state = run(initialState(0), events.start, { nowMs }).state
      for (const { type, afterMs, roll } of happenings) {
        nowMs += afterMs
        const open = ['connecting', 'resuming', 'online'].includes(state.name)
        const next = run(state, events[type], { nowMs, roll })
        const openNow = ['connecting', 'resuming', 'online'].includes(next.state.name)
        const closes = next.effects.some((effect) => effect.do === 'close')
        // A transport that is left behind is closed, unless it closed itself.
        if (open && !openNow && type !== 'closed') expect(closes).toBe(true)
        if (!open && openNow) expect(next.effects.some((effect) => effect.do === 'open')).toBe(true)
        state = next.state
        const ended = state.name === 'refused' || state.name === 'stopped'
        expect(deadlineMs(state) === undefined).toBe(ended)
      }
    }),
  )
})
