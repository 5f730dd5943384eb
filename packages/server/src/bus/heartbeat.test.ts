import { describe, expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { BEAT_EVERY_MS, Heartbeat } from './heartbeat.ts'

/** A heart over a bus that answers and echoes when the test says so. */
function setUp() {
  const runtime = new ManualRuntime()
  const log: string[] = []
  const bus = { takes: true, echoesAfterMs: 1 }
  const heartbeat: Heartbeat = new Heartbeat({
    timers: runtime.timers,
    send: (beat) => {
      if (bus.echoesAfterMs >= 0) runtime.timers.after(bus.echoesAfterMs, () => heartbeat.heard(beat))
      return bus.takes ? Promise.resolve() : new Promise(() => undefined)
    },
    onBeat: () => log.push('beat'),
    onSilent: (everBeat) => {
      log.push(everBeat ? 'silent' : 'never heard')
      heartbeat.stop()
    },
  })
  heartbeat.start()
  return { runtime, log, bus, heartbeat }
}

describe('a heartbeat', () => {
  test('beats as long as what it sends is taken and comes back', async () => {
    const { runtime, log } = setUp()
    await runtime.advance(10 * BEAT_EVERY_MS)
    expect(new Set(log)).toEqual(new Set(['beat']))
    expect(log.length).toBeGreaterThan(8)
  })

  test.each([
    ['nothing comes back', { takes: true, echoesAfterMs: -1 }],
    ['nothing is taken, although it comes back', { takes: false, echoesAfterMs: 1 }],
  ])('falls silent within 2 s when %s', async (_, broken) => {
    const { runtime, log, bus } = setUp()
    await runtime.advance(5_100)
    const beats = log.length
    Object.assign(bus, broken)
    await runtime.advance(1_300)
    expect(log.slice(beats)).toEqual([])
    await runtime.advance(700)
    expect(log.slice(beats)).toEqual(['silent'])
    expect(runtime.timersPending).toBe(0)
  })

  test('says when it was never heard at all', async () => {
    const runtime = new ManualRuntime()
    const log: string[] = []
    const heartbeat: Heartbeat = new Heartbeat({
      timers: runtime.timers,
      send: () => Promise.reject(new Error('closed')),
      onBeat: () => log.push('beat'),
      onSilent: (everBeat) => log.push(everBeat ? 'silent' : 'never heard'),
    })
    heartbeat.start()
    await runtime.advance(2_000)
    expect(log).toEqual(['never heard'])
  })

  test('that comes back slowly still beats', async () => {
    const { runtime, log, bus } = setUp()
    bus.echoesAfterMs = 1_200
    await runtime.advance(20_000)
    expect(new Set(log)).toEqual(new Set(['beat']))
  })

  test('survives a pause of its process: old beats are read before they are missed', async () => {
    const { runtime, log } = setUp()
    await runtime.advance(2_100)
    runtime.nowMs += 10_000
    await runtime.advance(3_000)
    expect(new Set(log)).toEqual(new Set(['beat']))
  })
})
