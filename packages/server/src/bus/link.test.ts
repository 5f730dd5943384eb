import { describe, expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import type { BusStateChange, Hint } from './bus.ts'
import { BusError } from './bus-error.ts'
import { LinkedBus } from './linked-bus.ts'
import type { Wire, WireEvents } from './wire.ts'

/** A server that does what the test says; what is published comes back to the one node there is. */
function setUp() {
  const runtime = new ManualRuntime()
  const opened: { events: WireEvents; closed: boolean }[] = []
  const server = { refuses: false, opensAfterMs: 1, echoes: true }
  const changes: BusStateChange[] = []
  const hints: Hint[] = []
  const bus = new LinkedBus(
    { node: 'a', runtime },
    {
      kind: 'memory',
      hintChannels: 'perConversation',
      maxPayloadBytes: 8_000,
      maxInFlight: 1,
      open: (events) =>
        new Promise((resolve, reject) => {
          const life = { events, closed: false }
          const wire: Wire = {
            publish: async (parcels) => {
              if (server.echoes) for (const { payload } of parcels) events.onPayload(payload)
            },
            subscribe: async () => undefined,
            unsubscribe: async () => undefined,
            close: () => void (life.closed = true),
          }
          opened.push(life)
          runtime.timers.after(server.opensAfterMs, () =>
            server.refuses ? reject(new BusError('unreachable', 'no')) : resolve(wire),
          )
        }),
    },
  )
  let broken = false
  bus.start({
    onHints: (more) => {
      hints.push(...more)
      if (broken) throw new Error('a bug')
    },
    onMessage: () => undefined,
    onState: (change) => changes.push(change),
  })
  return { runtime, opened, server, changes, hints, bus, breakHandlers: () => (broken = true) }
}

describe('keeping a bus connected', () => {
  test('a connection that comes too late is closed, not used', async () => {
    const { runtime, opened, server, changes } = setUp()
    await runtime.advance(10)
    server.opensAfterMs = 2_500
    opened[0]?.events.onLost(new BusError('lost', 'gone'))
    await runtime.advance(6_000)
    expect(changes.map(({ state }) => state)).toEqual(['up', 'down'])
    expect(opened.length).toBeGreaterThan(2)
    expect(opened.slice(0, 2).map(({ closed }) => closed)).toEqual([true, true])
  })

  test('failures in a row wait longer, with jitter, at most a second; each outage is told once', async () => {
    const { runtime, opened, server, changes, bus } = setUp()
    await runtime.advance(10)
    server.refuses = true
    opened[0]?.events.onLost(new BusError('lost', 'gone'))
    await runtime.advance(30_000)
    expect(changes).toEqual([{ state: 'up' }, { state: 'down', reason: 'lost', message: 'gone' }])
    expect(bus.counters).toMatchObject({ losses: 1, failedAttempts: opened.length - 1 })
    expect(opened.length).toBeGreaterThan(30)
    expect(opened.length).toBeLessThan(120)
    server.refuses = false
    await runtime.advance(1_100)
    expect(bus.state).toBe('up')
  })

  test('a bus that never passes anything on is never up, and the reason says what to look at', async () => {
    const { runtime, server, changes } = setUp()
    server.echoes = false
    await runtime.advance(3_000)
    expect(changes).toEqual([{ state: 'down', reason: 'silent', message: expect.stringContaining('pooler') }])
  })

  test('what an earlier connection still says is not heard', async () => {
    const { runtime, opened, changes } = setUp()
    await runtime.advance(10)
    opened[0]?.events.onLost(new BusError('lost', 'gone'))
    await runtime.advance(2_000)
    opened[0]?.events.onLost(new BusError('lost', 'again'))
    expect(changes.map(({ state }) => state)).toEqual(['up', 'down', 'up'])
  })

  test('beats of another process with the same node id prove nothing', async () => {
    const { runtime, opened, server, changes } = setUp()
    await runtime.advance(10)
    server.echoes = false
    for (let i = 0; i < 30; i++) {
      opened[0]?.events.onPayload(JSON.stringify(['b', 'a', 'other.1', 1_000 + i]))
      await runtime.advance(100)
    }
    expect(changes.map(({ state }) => state)).toEqual(['up', 'down'])
  })

  test('once stopped nothing is left running', async () => {
    const { runtime, bus, opened } = setUp()
    await runtime.advance(10)
    await bus.stop()
    expect(runtime.timersPending).toBe(0)
    expect(opened[0]?.closed).toBe(true)
  })

  test('unreadable payloads are counted, and a handler that throws does not take the connection with it', async () => {
    const { runtime, opened, bus, hints, breakHandlers } = setUp()
    await runtime.advance(10)
    void bus.subscribe('app', 'c')
    breakHandlers()
    opened[0]?.events.onPayload('what?')
    for (const seq of [1, 2])
      opened[0]?.events.onPayload(JSON.stringify(['h', 'b', [['app', 'c', 0, seq, 'eu.1', seq]]]))
    await runtime.advance(10_000)
    expect(hints.map(({ seq }) => seq)).toEqual([1, 2])
    expect(bus.counters).toMatchObject({ malformed: 1, received: 2, losses: 0 })
    expect(bus.state).toBe('up')
  })
})
