import { describe, expect, test } from 'vitest'
import { ManualRuntime } from '../../observe/manual-runtime.ts'
import type { LogRecord } from '../../store/store.ts'
import type { BusDelivery, BusFault } from './faults.ts'
import { memoryBus } from './memory-bus.ts'
import { MemoryBusHub } from './memory-bus-hub.ts'

const record = (seq: number, text = ''): LogRecord => ({
  app: 'app',
  conversation: 'c',
  lane: 0,
  laneOffset: seq,
  event: {
    origin: 'eu.1',
    seq,
    hlc: seq,
    sender: 'ann',
    clientId: '0190f3a4-0000-7000-8000-0000000000ff',
    kind: 'message',
    body: { text },
    count: seq,
    at: 1,
  },
})

/** Nodes `a` and `b`, the second one subscribed, and a menu of faults. */
async function setUp() {
  const runtime = new ManualRuntime()
  const faults: { next: (delivery: BusDelivery) => BusFault | undefined } = { next: () => undefined }
  const hub = new MemoryBusHub({ runtime, faults: { next: (delivery) => faults.next(delivery) } })
  const heard: number[] = []
  const buses = ['a', 'b'].map((node) => {
    const bus = memoryBus(hub, { node, runtime })
    bus.start({
      onHints: (hints) => heard.push(...hints.map(({ seq }) => seq)),
      onMessage: () => undefined,
      onState: () => undefined,
    })
    return bus
  })
  const [a, b] = buses
  if (a === undefined || b === undefined) throw new Error('two buses')
  await runtime.advance(50)
  void b.subscribe('app', 'c')
  await runtime.advance(50)
  return { runtime, hub, faults, heard, a, b }
}

const isHint = ({ channel }: BusDelivery): boolean => channel.includes(':c:')

describe('faults of the memory bus', () => {
  test('the last payload of a burst can be lost without anybody noticing', async () => {
    const { runtime, faults, heard, a, b } = await setUp()
    faults.next = (delivery) => ({ drop: isHint(delivery) && delivery.index === delivery.count - 1 })
    a.publish([1, 2, 3].map((seq) => record(seq, 'x'.repeat(1_500))))
    await runtime.advance(5_000)
    expect(heard).toEqual([1, 2])
    expect(a.counters).toMatchObject({ published: 3, dropped: 0 })
    expect([a.state, b.state]).toEqual(['up', 'up'])
  })

  test('a payload can come twice, and late with all that is behind it', async () => {
    const { runtime, faults, heard, a } = await setUp()
    faults.next = (delivery) => (isHint(delivery) ? { duplicates: 1 } : undefined)
    a.publish([record(1)])
    await runtime.advance(10)
    faults.next = (delivery) => (isHint(delivery) ? { delayMs: 300 } : undefined)
    a.publish([record(2)])
    await runtime.advance(1)
    faults.next = () => undefined
    a.publish([record(3)])
    await runtime.advance(250)
    expect(heard).toEqual([1, 1])
    await runtime.advance(100)
    expect(heard).toEqual([1, 1, 2, 3])
  })

  test('what a short hang left without an answer does not stand in the way for ever (simulator, seed 29)', async () => {
    const { runtime, hub, heard, a, b } = await setUp()
    hub.hang()
    // As many as may be under way, and a subscription.
    for (const seq of [1, 2, 3, 4]) {
      a.publish([record(seq)])
      await runtime.advance(10)
    }
    const subscribed = b.subscribe('app', 'd')
    await runtime.advance(600)
    hub.serve()
    await runtime.advance(8_000)
    expect([a.state, b.state]).toEqual(['up', 'up'])
    expect(await subscribed).toBe(false)
    a.publish([record(5), { ...record(6), conversation: 'd' }])
    await runtime.advance(10)
    expect(heard).toEqual([5, 6])
  })

  test.each(['in', 'out', 'both'] as const)(
    'a black hole (%s) of one node is noticed by it alone',
    async (direction) => {
      const { runtime, hub, heard, a, b } = await setUp()
      hub.blackHole('b', direction)
      await runtime.advance(2_500)
      expect([a.state, b.state]).toEqual(['up', 'down'])
      hub.heal('b')
      await runtime.advance(4_000)
      expect(b.state).toBe('up')
      a.publish([record(1)])
      await runtime.advance(10)
      expect(heard).toEqual([1])
    },
  )
})
