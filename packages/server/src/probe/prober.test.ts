import { describe, expect, test } from 'vitest'
import { silentLogger as logger } from '../observe/logger.ts'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { readProbe } from './probe-message.ts'
import { Prober, type ProbePeer } from './prober.ts'

const LATENCY_MS = 20
/** How old another node's report is, and so what it says of its path. */
const REPORT_AGE_MS = 1_500

/** Nodes on a bus that can swallow what some of them send or all do. */
class World {
  readonly time = new ManualRuntime()
  readonly probers = new Map<string, Prober>()
  readonly dead = new Set<string>()
  /** Whose messages the bus swallows; '*' for all. */
  readonly swallowed = new Set<string>()
  readonly #reports = new Map<string, number>()

  constructor(...ids: readonly string[]) {
    for (const id of ids) this.probers.set(id, this.#prober(id, ids))
    for (const prober of this.probers.values()) prober.start()
  }

  verdicts(): Record<string, string> {
    return Object.fromEntries([...this.probers].map(([id, { verdict }]) => [id, verdict]))
  }

  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds * 2; i++) {
      await this.time.advance(500)
      this.#report()
    }
  }

  #report(): void {
    for (const [id, { okAgeMs }] of this.probers) {
      if (okAgeMs === null || this.dead.has(id)) continue
      const okAtMs = this.time.nowMs - okAgeMs
      this.time.timers.after(REPORT_AGE_MS, () => void this.#reports.set(id, okAtMs))
    }
  }

  #prober(selfId: string, ids: readonly string[]): Prober {
    return new Prober({
      runtime: this.time,
      logger,
      selfId,
      peers: () =>
        ids.filter((id) => id !== selfId).map((id): ProbePeer => ({ id, okAtMs: this.#reports.get(id) })),
      send: (to, message) => {
        if (this.dead.has(selfId) || this.swallowed.has(selfId) || this.swallowed.has('*')) return
        this.time.timers.after(LATENCY_MS, () => {
          if (!this.dead.has(to)) this.probers.get(to)?.receive(selfId, message)
        })
      },
    })
  }
}

describe('the delivery probe', () => {
  test('P8 works by way of itself and its peers, and tells how long a round takes', async () => {
    const world = new World('a', 'b', 'c')
    await world.pass(30)
    expect(world.verdicts()).toEqual({ a: 'working', b: 'working', c: 'working' })
    expect(world.probers.get('a')?.roundTripMs).toBe(2 * LATENCY_MS)
    expect(world.probers.get('a')?.okAgeMs).toBeLessThanOrEqual(1_000)
  })

  test('P8 a node whose messages are swallowed is failing, the others go on', async () => {
    const world = new World('a', 'b', 'c')
    await world.pass(5)
    world.swallowed.add('b')
    await world.pass(7)
    expect(world.verdicts()).toEqual({ a: 'working', b: 'failing', c: 'working' })
    expect(world.probers.get('b')?.why).toMatch(/path to the others fails.*while those of another node do/)
    world.swallowed.clear()
    await world.pass(5)
    expect(world.verdicts()).toEqual({ a: 'working', b: 'working', c: 'working' })
  })

  test('P8 a bus that swallows everything makes all degraded and none failing, before, during and after', async () => {
    const world = new World('a', 'b', 'c')
    await world.pass(5)
    world.swallowed.add('*')
    for (let i = 0; i < 60; i++) {
      await world.pass(0.5)
      expect(Object.values(world.verdicts())).not.toContain('failing')
    }
    expect(world.verdicts()).toEqual({ a: 'degraded', b: 'degraded', c: 'degraded' })
    world.swallowed.clear()
    for (let i = 0; i < 20; i++) {
      await world.pass(0.5)
      expect(Object.values(world.verdicts())).not.toContain('failing')
    }
    expect(world.verdicts()).toEqual({ a: 'working', b: 'working', c: 'working' })
  })

  test('one dead peer of two that is not yet out of the view is not a dead path', async () => {
    const world = new World('a', 'b', 'c')
    await world.pass(5)
    world.dead.add('c')
    await world.pass(20)
    expect(world.verdicts()).toMatchObject({ a: 'working', b: 'working' })
  })

  test('alone, its own way out and back counts, and it is degraded at worst', async () => {
    const world = new World('a')
    await world.pass(5)
    expect(world.verdicts()).toEqual({ a: 'working' })
    world.swallowed.add('a')
    await world.pass(30)
    expect(world.verdicts()).toEqual({ a: 'degraded' })
  })
})

test.each([
  [
    { probe: 'ask', round: 3 },
    { probe: 'ask', round: 3 },
  ],
  [
    { probe: 'answer', round: 3, more: 1 },
    { probe: 'answer', round: 3 },
  ],
  [{ probe: 'other', round: 3 }, undefined],
  [{ probe: 'ask' }, undefined],
  [{ kind: 'typing' }, undefined],
])('of what comes by the bus, %j is read as %j', (body, expected) => {
  expect(readProbe(body)).toEqual(expected)
})
