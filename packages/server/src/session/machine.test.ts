import { CLOSE, type ClientFrame } from '@skein/protocol'
import { describe, expect, it } from 'vitest'
import type { Identity } from '../auth/authenticator.ts'
import { maySend, step } from './machine.ts'
import type { SessionEvent, SessionState } from './state.ts'

const identity: Identity = { app: 'app', user: 'ada', issuedAtMs: 1_000, expiresAtMs: 100_000 }
const bounds = { handshakeMs: 10_000, heartbeatMs: 10_000, waitingFrames: 2 }
const now = { monotonicMs: 5_000, wallMs: 50_000 }

const hello: ClientFrame = { t: 'hello', token: 'x' }
const ping: ClientFrame = { t: 'ping', n: 1 }
const resume: ClientFrame = { t: 'resume', cursors: {} }

const states = {
  opening: { phase: 'opening', openedAtMs: 0 },
  admitting: { phase: 'admitting', openedAtMs: 0, waiting: [] },
  active: { phase: 'active', identity, resume: 'none' },
  closed: { phase: 'closed' },
} as const satisfies Record<SessionState['phase'], SessionState>

const events = {
  hello: { on: 'frame', frame: hello },
  ping: { on: 'frame', frame: ping },
  resume: { on: 'frame', frame: resume },
  badFrame: { on: 'badFrame', problem: { code: 'malformed', message: 'no' } },
  admitted: { on: 'admitted', identity },
  renewed: { on: 'renewed', identity: { ...identity, expiresAtMs: 200_000 } },
  refused: { on: 'refused', code: 'unauthenticated', message: 'no' },
  unavailable: { on: 'refused', code: 'unavailable', message: 'later', retryAfterMs: 700 },
  revoked: { on: 'revoked', validAfterMs: 2_000 },
  revokedOlder: { on: 'revoked', validAfterMs: 500 },
  resumed: { on: 'resumed' },
  migrate: { on: 'migrate', frame: { t: 'migrate', withinMs: 1_000, reason: 'drain' } },
  superseded: { on: 'superseded' },
  draining: { on: 'refused', code: 'draining', message: 'leaving' },
  sweep: { on: 'sweep', heardAtMs: 4_000 },
  closed: { on: 'closed' },
} as const satisfies Record<string, SessionEvent>

/** `phase: effects`; the compiler asks for every cell. */
const table: Record<keyof typeof states, Record<keyof typeof events, string>> = {
  opening: {
    hello: 'admitting: admit',
    ping: 'closed: tell close4000',
    resume: 'closed: tell close4000',
    badFrame: 'closed: tell close4000',
    admitted: 'opening:',
    renewed: 'opening:',
    refused: 'closed: tell close4100',
    unavailable: 'closed: tell close4400',
    revoked: 'opening:',
    revokedOlder: 'opening:',
    resumed: 'opening:',
    migrate: 'opening:',
    superseded: 'opening:',
    draining: 'closed: tell close4300',
    sweep: 'opening:',
    closed: 'closed:',
  },
  admitting: {
    hello: 'closed: tell close4000',
    ping: 'admitting:',
    resume: 'admitting:',
    badFrame: 'closed: tell close4000',
    admitted: 'active: welcome',
    renewed: 'admitting:',
    refused: 'closed: tell close4100',
    unavailable: 'closed: tell close4400',
    revoked: 'admitting:',
    revokedOlder: 'admitting:',
    resumed: 'admitting:',
    migrate: 'admitting:',
    superseded: 'admitting:',
    draining: 'closed: tell close4300',
    sweep: 'admitting:',
    closed: 'closed:',
  },
  active: {
    hello: 'closed: tell close4000',
    ping: 'active: serve',
    resume: 'active: resume',
    badFrame: 'active: tell',
    admitted: 'active:',
    renewed: 'active: tellRenewed',
    refused: 'active: tell',
    unavailable: 'active: tell',
    revoked: 'closed: tell close4102',
    revokedOlder: 'active:',
    resumed: 'active:',
    migrate: 'active:',
    superseded: 'closed: tell close4203',
    draining: 'active: tell',
    sweep: 'active:',
    closed: 'closed:',
  },
  closed: {
    hello: 'closed:',
    ping: 'closed:',
    resume: 'closed:',
    badFrame: 'closed:',
    admitted: 'closed:',
    renewed: 'closed:',
    refused: 'closed:',
    unavailable: 'closed:',
    revoked: 'closed:',
    revokedOlder: 'closed:',
    resumed: 'closed:',
    migrate: 'closed:',
    superseded: 'closed:',
    draining: 'closed:',
    sweep: 'closed:',
    closed: 'closed:',
  },
}

const shown = (state: SessionState, event: SessionEvent, at = now): string => {
  const next = step(state, event, at, bounds)
  const effects = next.effects.map((effect) => (effect.do === 'close' ? `close${effect.code}` : effect.do))
  return `${next.state.phase}: ${effects.join(' ')}`.trim()
}

describe('the session machine', () => {
  for (const [phase, row] of Object.entries(table) as [keyof typeof states, (typeof table)['active']][]) {
    it.each(Object.entries(row) as [keyof typeof events, string][])(
      `${phase} + %s → %s`,
      (event, expected) => {
        expect(shown(states[phase], events[event])).toBe(expected)
      },
    )
  }

  it('performs what came behind the hello, in order, once it is admitted', () => {
    const waited = step(states.admitting, events.resume, now, bounds)
    const again = step(waited.state, events.ping, now, bounds)
    const { effects } = step(again.state, events.admitted, now, bounds)
    expect(effects.map((effect) => effect.do)).toEqual(['welcome', 'resume', 'serve'])
  })

  it('lets a bounded number of frames wait behind the hello', () => {
    const full: SessionState = { phase: 'admitting', openedAtMs: 0, waiting: [ping, ping] }
    expect(shown(full, events.ping)).toBe(`closed: tell close${CLOSE.tooFast}`)
  })

  it('HELLO: gives up a connection that says no valid hello in time', () => {
    expect(shown(states.opening, events.sweep, { ...now, monotonicMs: 10_001 })).toBe(
      'closed: tell close4200',
    )
    expect(shown(states.admitting, events.sweep, { ...now, monotonicMs: 10_001 })).toBe(
      'closed: tell close4200',
    )
  })

  it('BEAT: closes after two and a half silent heartbeats, not before', () => {
    expect(shown(states.active, events.sweep, { ...now, monotonicMs: 4_000 + 25_000 })).toBe('active:')
    expect(shown(states.active, events.sweep, { ...now, monotonicMs: 4_000 + 25_001 })).toBe(
      'closed: tell close4201',
    )
  })

  it('closes a session whose token ran out', () => {
    expect(shown(states.active, events.sweep, { ...now, wallMs: 100_000 })).toBe('closed: tell close4101')
  })

  it('refuses a renewal for somebody else and keeps the session', () => {
    const other: SessionEvent = { on: 'renewed', identity: { ...identity, user: 'eve' } }
    expect(shown(states.active, other)).toBe('active: tell')
  })

  it('takes one resume', () => {
    const resumed: SessionState = { ...states.active, resume: 'begun' }
    expect(shown(resumed, events.resume)).toBe('closed: tell close4000')
  })

  it('MIG1 asks who is resumed, and asks again only when the time that was given is over', () => {
    const answered = step(states.active, events.resumed, now, bounds).state
    expect(shown(answered, events.migrate)).toBe('active: askToMigrate')
    const asked = step(answered, events.migrate, now, bounds).state
    expect(shown(asked, events.migrate)).toBe('active:')
    expect(shown(asked, events.migrate, { ...now, monotonicMs: 6_000 })).toBe('active:')
    expect(shown(asked, events.migrate, { ...now, monotonicMs: 6_001 })).toBe('active: askToMigrate')
  })

  it('HELLO8 MIG4 does not close for a newer connection who was told to migrate', () => {
    const answered = step(states.active, events.resumed, now, bounds).state
    const asked = step(answered, events.migrate, now, bounds).state
    expect(shown(answered, events.superseded)).toBe('closed: tell close4203')
    expect(shown(asked, events.superseded)).toBe('active:')
  })

  it('refuses sends of a token without that capability', () => {
    const reader: SessionState = { ...states.active, identity: { ...identity, capabilities: ['read'] } }
    const clientId = '01890000-0000-7000-8000-000000000000'
    const send: ClientFrame = { t: 'send', conversation: 'c', clientId, kind: 'message', body: {} }
    expect(shown(reader, { on: 'frame', frame: send })).toBe('active: tell')
    for (const state of [reader, ...Object.values(states)])
      expect(shown(state, { on: 'frame', frame: send }) === 'active: send').toBe(maySend(state))
  })
})
