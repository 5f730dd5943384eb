import { describe, expect, it } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { Batcher } from './batcher.ts'

function setUp(pace?: { perSecond: number; burst: number }) {
  const runtime = new ManualRuntime()
  const batches: number[][] = []
  const batcher = new Batcher<number, number>({
    load: (keys) => {
      batches.push([...keys])
      return Promise.resolve(keys.map((key) => key * 2))
    },
    timers: runtime.timers,
    maxBatch: 4,
    maxInFlight: 2,
    maxWaiting: 10,
    ...(pace !== undefined && { pace: { limit: pace, clock: runtime.clock } }),
  })
  return { runtime, batches, batcher }
}

describe('a batcher', () => {
  it('asks once for all questions of a turn, and gives each its own answer', async () => {
    const { runtime, batches, batcher } = setUp()
    const answers = Promise.all([1, 2, 3].map((key) => batcher.load(key)))
    await runtime.settle()
    expect(await answers).toEqual([2, 4, 6])
    expect(batches).toEqual([[1, 2, 3]])
  })

  it('without a pace asks at once, however often', async () => {
    const { runtime, batches, batcher } = setUp()
    for (const key of [1, 2, 3]) {
      void batcher.load(key)
      await runtime.settle()
    }
    expect(batches).toEqual([[1], [2], [3]])
  })

  it('with a pace gathers what comes after the burst, until the next batch may begin', async () => {
    const { runtime, batches, batcher } = setUp({ perSecond: 10, burst: 1 })
    for (const key of [1, 2, 3]) {
      void batcher.load(key)
      await runtime.settle()
    }
    expect(batches).toEqual([[1]])
    await runtime.advance(99)
    expect(batches).toHaveLength(1)
    await runtime.advance(1)
    expect(batches).toEqual([[1], [2, 3]])
    expect(runtime.timersPending).toBe(0)
  })

  it('a full batch does not wait for its turn', async () => {
    const { runtime, batches, batcher } = setUp({ perSecond: 10, burst: 1 })
    for (const key of [1, 2, 3, 4, 5]) {
      void batcher.load(key)
      await runtime.settle()
    }
    expect(batches).toEqual([[1], [2, 3, 4, 5]])
  })

  it('refuses more than may wait, saying when to come back', async () => {
    const { batcher } = setUp()
    for (let key = 0; key < 10; key++) void batcher.load(key)
    await expect(batcher.load(10)).rejects.toMatchObject({ reason: 'overloaded', retryAfterMs: 1_000 })
  })
})
