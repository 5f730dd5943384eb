import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../node/limits.ts'
import { silentLogger } from '../observe/logger.ts'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { StoreError } from '../store/store-error.ts'
import type { LaneVector, LogRecord, TailPage } from '../store/store.ts'
import { TailReader } from './tail-reader.ts'

interface Read {
  readonly after: LaneVector
  answer(page: Partial<TailPage>): void
  fail(): void
}

const head = { app: 'demo', conversation: 'general', origin: 'local.a', seq: 7 }

const own = (lane: number, laneOffset: number): LogRecord => ({
  app: 'demo',
  conversation: 'general',
  lane,
  laneOffset,
  event: {
    origin: 'local.a',
    seq: laneOffset,
    hlc: 1,
    sender: 'ann',
    clientId: '0190f3a4-0000-7000-8000-0000000000ff',
    kind: 'message',
    body: {},
    count: 1,
    at: 1,
  },
})

function setUp() {
  const runtime = new ManualRuntime()
  const reads: Read[] = []
  const told: string[] = []
  let vectorFailures = 0
  const reader = new TailReader({
    runtime,
    limits: DEFAULT_LIMITS,
    logger: silentLogger,
    store: {
      laneVector: () =>
        vectorFailures-- > 0
          ? Promise.reject(new StoreError('unavailable', 'away'))
          : Promise.resolve([3, 4]),
      tail: (after) =>
        new Promise((resolve, reject) => {
          reads.push({
            after,
            answer: (page) => resolve({ heads: [], vector: after, more: false, ...page }),
            fail: () => reject(new StoreError('unavailable', 'away')),
          })
        }),
    },
    onHeads: (heads, vector) => told.push(`${heads.map(({ seq }) => seq).join(' ')}@${vector.join(' ')}`),
    onHealth: (state) => told.push(state),
  })
  return { runtime, reader, reads, told, failVector: (times: number) => (vectorFailures = times) }
}

describe('reading the tail', () => {
  test('it begins at the newest offsets and reads on from there once a second', async () => {
    const { runtime, reader, reads, told } = setUp()
    await reader.start()
    expect(reader.vector).toEqual([3, 4])
    await runtime.advance(999)
    expect(reads).toHaveLength(0)
    await runtime.advance(1)
    expect(reads[0]?.after).toEqual([3, 4])
    reads[0]?.answer({ heads: [head], vector: [3, 5] })
    await runtime.advance(1_000)
    expect(reads[1]?.after).toEqual([3, 5])
    expect(told).toEqual(['@3 4', 'following', '7@3 5'])
  })

  test('reads never overlap, however long one takes and whoever pokes', async () => {
    const { runtime, reader, reads } = setUp()
    await reader.start()
    await runtime.advance(1_000)
    reader.poke()
    await runtime.advance(10_000)
    expect(reads).toHaveLength(1)
    reads[0]?.answer({})
    await runtime.advance(0)
    expect(reads).toHaveLength(2)
  })

  test('while there is more it goes on at once', async () => {
    const { runtime, reader, reads } = setUp()
    await reader.start()
    await runtime.advance(1_000)
    reads[0]?.answer({ vector: [9, 9], more: true })
    await runtime.advance(0)
    expect(reads[1]?.after).toEqual([9, 9])
  })

  test('a poke reads sooner', async () => {
    const { runtime, reader, reads } = setUp()
    await reader.start()
    reader.poke()
    reader.poke()
    await runtime.advance(0)
    expect(reads).toHaveLength(1)
  })

  test('pokes of many bring one read each tenth of a second', async () => {
    const { runtime, reader, reads } = setUp()
    await reader.start()
    for (let ms = 0; ms < 990; ms += 5) {
      reader.poke()
      await runtime.advance(5)
      for (const read of reads) read.answer({})
      await runtime.settle()
    }
    expect(reads).toHaveLength(10)
  })

  test('while the bus is down it reads four times a second', async () => {
    const { runtime, reader, reads } = setUp()
    const answerAll = async (forMs: number) => {
      for (let ms = 0; ms < forMs; ms += 10) {
        await runtime.advance(10)
        for (const read of reads) read.answer({})
        await runtime.settle()
      }
    }
    await reader.start()
    reader.hurry(true)
    await answerAll(1_000)
    expect(reads).toHaveLength(4)
    reader.hurry(false)
    await answerAll(3_000)
    expect(reads).toHaveLength(7)
  })

  test('what the node committed itself is not asked for, nor asked again after a read that was under way', async () => {
    const { runtime, reader, reads } = setUp()
    await reader.start()
    reader.passedOn([own(1, 5), own(0, 4)])
    await runtime.advance(1_000)
    expect(reads[0]?.after).toEqual([4, 5])
    reader.passedOn([own(1, 6)])
    reads[0]?.answer({ vector: [5, 5] })
    await runtime.advance(1_000)
    expect(reads[1]?.after).toEqual([5, 6])
  })

  test('another log begins at its end, whatever an answer about the old one says', async () => {
    const { runtime, reader, reads, told } = setUp()
    await reader.start()
    await runtime.advance(1_000)
    reader.passedOn([own(0, 4)])
    reader.restart()
    reader.passedOn([own(0, 5)])
    reads[0]?.answer({ heads: [head], vector: [9, 9] })
    await runtime.advance(0)
    expect(reader.vector).toEqual([3, 4])
    expect(told).toEqual(['@3 4', 'following', '@3 4'])
  })

  test('how fresh the vector is counts from when a complete read began', async () => {
    const { runtime, reader, reads } = setUp()
    await reader.start()
    const startedAtMs = runtime.nowMs
    expect(reader.verifiedAtMs).toBe(startedAtMs)
    await runtime.advance(1_300)
    reads[0]?.answer({ more: true })
    await runtime.advance(0)
    expect(reader.verifiedAtMs).toBe(startedAtMs)
    reads[1]?.answer({})
    await runtime.advance(500)
    expect(reader.verifiedAtMs).toBe(startedAtMs + 1_300)
  })

  test('while the store is away it keeps trying within two seconds, and says when it follows again', async () => {
    const { runtime, reader, reads, told } = setUp()
    await reader.start()
    await runtime.advance(1_000)
    for (let i = 0; i < 8; i++) {
      reads[i]?.fail()
      reader.poke()
      await runtime.advance(2_000)
      expect(reads).toHaveLength(i + 2)
    }
    expect(reads[8]?.after).toEqual([3, 4])
    reads[8]?.answer({})
    await runtime.settle()
    expect(told).toEqual(['@3 4', 'following', 'behind', 'following'])
  })

  test('it starts as soon as the store answers for the first time', async () => {
    const { runtime, reader, told, failVector } = setUp()
    failVector(2)
    let started = false
    void reader.start().then(() => (started = true))
    await runtime.settle()
    expect(started).toBe(false)
    await runtime.advance(2_000)
    expect(started).toBe(true)
    expect(told).toEqual(['behind', '@3 4', 'following'])
  })

  test('after a stop nothing is told and no timer is left', async () => {
    const { runtime, reader, reads, told } = setUp()
    await reader.start()
    await runtime.advance(1_000)
    reader.stop()
    reads[0]?.answer({ heads: [head], vector: [9, 9] })
    await runtime.settle()
    reader.poke()
    expect(told).toEqual(['@3 4', 'following', 'stopped'])
    expect(runtime.timersPending).toBe(0)
  })
})
