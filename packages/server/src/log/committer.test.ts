import { fnv1a32 } from '@skein/core'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS, type NodeLimits } from '../node/limits.ts'
import { silentLogger } from '../observe/logger.ts'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { StoreError } from '../store/store-error.ts'
import type { CommitEntry, CommitOutcome, LogRecord } from '../store/store.ts'
import { Committer } from './committer.ts'

const entry = (clientId: string, conversation = 'general', body = '{}'): CommitEntry => ({
  app: 'demo',
  conversation,
  sender: 'ann',
  authority: 'member',
  clientId,
  kind: 'message',
  body,
})

const committed = ({ app, conversation, clientId }: CommitEntry, duplicate = false): CommitOutcome => ({
  status: 'committed',
  duplicate,
  also: [],
  record: {
    app,
    conversation,
    lane: 0,
    laneOffset: 1,
    event: {
      origin: 'local.a',
      seq: 1,
      hlc: 1,
      sender: 'ann',
      clientId,
      kind: 'message',
      body: {},
      count: 1,
      at: 1,
    },
  },
})

interface Commit {
  readonly lane: number
  readonly ids: string[]
  succeed(): void
  answer(outcomes: CommitOutcome[]): void
  fail(error: Error): void
}

/** A committer over a store that answers when the test says so. */
function setUp(limits: Partial<NodeLimits> = {}) {
  const runtime = new ManualRuntime()
  const commits: Commit[] = []
  const log: string[] = []
  const published: (readonly LogRecord[])[] = []
  const committer = new Committer({
    runtime,
    limits: { ...DEFAULT_LIMITS, ...limits },
    store: {
      laneOf: (_app, conversation) => fnv1a32(conversation) % 4,
      commit: (lane, entries) =>
        new Promise((resolve, reject) => {
          commits.push({
            lane,
            ids: entries.map(({ clientId }) => clientId),
            succeed: () => resolve(entries.map((one) => committed(one))),
            answer: resolve,
            fail: reject,
          })
        }),
    },
    onCommitted: (records) => {
      published.push(records)
      log.push(`published ${records.map(({ event }) => event.clientId).join(' ')}`)
    },
  })
  const submit = (one: CommitEntry) =>
    committer.submit(one).then(
      () => void log.push(`acked ${one.clientId}`),
      (error: unknown) => void log.push(`rejected ${one.clientId}: ${(error as StoreError).reason}`),
    )
  return { runtime, committer, commits, log, published, submit }
}

describe('group commit', () => {
  test('the sends of one turn share a batch, and no timer runs for it', async () => {
    const { runtime, commits, submit } = setUp()
    void submit(entry('a'))
    void submit(entry('b'))
    expect(commits).toHaveLength(0)
    await runtime.settle()
    expect(commits.map(({ ids }) => ids)).toEqual([['a', 'b']])
    expect(runtime.timersPending).toBe(0)
  })

  test('while a batch is under way the next one gathers, in order', async () => {
    const { runtime, commits, submit } = setUp()
    void submit(entry('a'))
    await runtime.settle()
    void submit(entry('b'))
    await runtime.settle()
    void submit(entry('c'))
    await runtime.settle()
    expect(commits).toHaveLength(1)
    commits[0]?.succeed()
    await runtime.settle()
    expect(commits.map(({ ids }) => ids)).toEqual([['a'], ['b', 'c']])
    commits[1]?.succeed()
    await runtime.settle()
    expect(runtime.timersPending).toBe(0)
  })

  test('a batch keeps to its bound on entries and on bytes', async () => {
    const { runtime, commits, submit } = setUp({ batchEntries: 2, batchBytes: 1_000 })
    for (const id of ['a', 'b', 'c']) void submit(entry(id))
    void submit(entry('d', 'general', JSON.stringify({ text: 'x'.repeat(900) })))
    for (let i = 0; i < 3; i++) {
      await runtime.settle()
      commits[i]?.succeed()
    }
    await runtime.settle()
    expect(commits.map(({ ids }) => ids)).toEqual([['a', 'b'], ['c'], ['d']])
  })

  test('lanes do not wait for each other', async () => {
    const { runtime, commits, submit } = setUp()
    void submit(entry('a', 'one'))
    void submit(entry('b', 'two'))
    void submit(entry('c', 'three'))
    await runtime.settle()
    const lanes = commits.map(({ lane }) => lane)
    expect(new Set(lanes).size).toBe(lanes.length)
    expect(lanes.length).toBeGreaterThan(1)
  })

  test('senders are answered before anything is published, and a batch is published once', async () => {
    const { runtime, commits, log, submit } = setUp()
    void submit(entry('a'))
    void submit(entry('b'))
    await runtime.settle()
    commits[0]?.succeed()
    await runtime.settle()
    expect(log).toEqual(['acked a', 'acked b', 'published a b'])
  })

  test('duplicates and what an entry wrote beside itself are published, refused entries are not', async () => {
    const { runtime, commits, published, submit } = setUp()
    const userLog = committed(entry('log-event', '@ben'))
    for (const id of ['a', 'b', 'c']) void submit(entry(id))
    await runtime.settle()
    const withLog = committed(entry('c'))
    commits[0]?.answer([
      committed(entry('a'), true),
      { status: 'refused', code: 'notMember', message: 'no member' },
      {
        ...withLog,
        ...(withLog.status === 'committed' && userLog.status === 'committed' && { also: [userLog.record] }),
      },
    ])
    await runtime.settle()
    expect(published.flat().map(({ event }) => event.clientId)).toEqual(['a', 'c', 'log-event'])
  })
})

describe('when publishing fails', () => {
  test('what was committed stays acknowledged, the error is logged and the lane goes on', async () => {
    const runtime = new ManualRuntime()
    const errors: string[] = []
    const committer = new Committer({
      runtime,
      limits: DEFAULT_LIMITS,
      logger: { ...silentLogger, error: (_fields, message) => errors.push(message) },
      store: {
        laneOf: () => 0,
        commit: (_lane, entries) => Promise.resolve(entries.map((one) => committed(one))),
      },
      onCommitted: () => {
        throw new Error('a bug')
      },
    })
    for (const id of ['a', 'b']) {
      const submitted = committer.submit(entry(id))
      await runtime.settle()
      expect(await submitted).toMatchObject({ status: 'committed' })
    }
    expect(errors).toHaveLength(2)
  })
})

describe('when the store is away', () => {
  test('each entry of the batch is rejected with the reason, and told when to come back', async () => {
    const { runtime, committer, commits } = setUp()
    const outcomes = Promise.allSettled([committer.submit(entry('a')), committer.submit(entry('b'))])
    await runtime.settle()
    commits[0]?.fail(new StoreError('indeterminate', 'connection lost'))
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { reason: 'indeterminate', remedy: 'retry' },
      })
      const { retryAfterMs } = (outcome as { reason: StoreError }).reason
      expect(retryAfterMs).toBeLessThanOrEqual(250)
    }
    expect(committer.stats().failingLanes).toBe(1)
  })

  test('an error that the port does not name leaves it open whether the batch was committed', async () => {
    const { runtime, commits, log, submit } = setUp()
    void submit(entry('a'))
    await runtime.settle()
    commits[0]?.fail(new TypeError('bug'))
    await runtime.settle()
    expect(log).toEqual(['rejected a: indeterminate'])
  })

  test('what surely was not committed waits in its place until the store is back', async () => {
    const { runtime, committer, commits, log, submit } = setUp()
    void submit(entry('a'))
    await runtime.settle()
    commits[0]?.fail(new StoreError('unavailable', 'no connection'))
    await runtime.settle()
    void submit(entry('b'))
    await runtime.settle()
    expect(commits).toHaveLength(1)
    await runtime.advance(50)
    expect(commits.map(({ ids }) => ids)).toEqual([['a'], ['a', 'b']])
    commits[1]?.succeed()
    await runtime.settle()
    expect(log).toEqual(['acked a', 'acked b', 'published a b'])
    expect(committer.stats()).toMatchObject({ failingLanes: 0, waitingEntries: 0, waitingBytes: 0 })
  })

  test('what may have been committed is told so, and the lane pauses before its next batch', async () => {
    const { runtime, commits, log, submit } = setUp()
    void submit(entry('a'))
    await runtime.settle()
    commits[0]?.fail(new StoreError('indeterminate', 'connection lost'))
    await runtime.settle()
    void submit(entry('b'))
    await runtime.settle()
    expect(commits).toHaveLength(1)
    await runtime.advance(50)
    commits[1]?.succeed()
    await runtime.settle()
    expect(log).toEqual(['rejected a: indeterminate', 'acked b', 'published b'])
  })

  test('a store that stays away lets senders go at their deadline, the oldest first', async () => {
    const { runtime, commits, log, submit } = setUp({ sendDeadlineMs: 1_000 })
    void submit(entry('a'))
    await runtime.settle()
    await runtime.advance(400)
    void submit(entry('b'))
    commits[0]?.fail(new StoreError('unavailable', 'no connection'))
    for (let ms = 400; ms < 1_000; ms += 50) {
      await runtime.advance(50)
      for (const commit of commits) commit.fail(new StoreError('unavailable', 'no connection'))
    }
    expect(log).toEqual(['rejected a: unavailable'])
    for (let ms = 1_000; ms < 1_450; ms += 50) {
      await runtime.advance(50)
      for (const commit of commits) commit.fail(new StoreError('unavailable', 'no connection'))
    }
    expect(log).toEqual(['rejected a: unavailable', 'rejected b: unavailable'])
  })

  test('an entry that waited beyond its deadline is refused even while a commit hangs', async () => {
    const { runtime, commits, log, submit } = setUp({ sendDeadlineMs: 1_000 })
    void submit(entry('a'))
    await runtime.settle()
    void submit(entry('b'))
    await runtime.advance(600)
    void submit(entry('c'))
    await runtime.advance(400)
    expect(log).toEqual(['rejected b: unavailable'])
    commits[0]?.succeed()
    await runtime.settle()
    expect(commits.map(({ ids }) => ids)).toEqual([['a'], ['c']])
  })

  test('a full lane refuses at once with a jittered wait; other lanes are unaffected', async () => {
    const { runtime, committer, submit } = setUp({ laneQueueEntries: 2 })
    void submit(entry('a', 'one'))
    void submit(entry('b', 'one'))
    await expect(committer.submit(entry('c', 'one'))).rejects.toMatchObject({
      reason: 'overloaded',
      remedy: 'retry',
    })
    expect(committer.stats().waitingEntries).toBe(2)
    void submit(entry('d', 'two'))
    expect(committer.stats().waitingEntries).toBe(3)
    await runtime.settle()
    expect(committer.stats()).toMatchObject({ waitingEntries: 0, waitingBytes: 0 })
  })

  test('the bound on bytes counts too', async () => {
    const { committer, submit } = setUp({ laneQueueBytes: 1_000 })
    void submit(entry('a', 'one', JSON.stringify({ text: 'x'.repeat(600) })))
    await expect(committer.submit(entry('b', 'one'))).rejects.toMatchObject({ reason: 'overloaded' })
  })
})

describe('stopping', () => {
  test('what waits is still committed, what comes is sent elsewhere', async () => {
    const { runtime, committer, commits, log, submit } = setUp()
    void submit(entry('a'))
    await runtime.settle()
    void submit(entry('b'))
    const stopped = committer.stop(5_000).then(() => void log.push('stopped'))
    await expect(committer.submit(entry('c'))).rejects.toMatchObject({
      reason: 'draining',
      remedy: 'retryElsewhere',
    })
    commits[0]?.succeed()
    await runtime.settle()
    commits[1]?.succeed()
    await stopped
    expect(log).toEqual(['acked a', 'published a', 'acked b', 'published b', 'stopped'])
    expect(runtime.timersPending).toBe(0)
  })

  test('at the deadline what still waits is rejected', async () => {
    const { runtime, committer, log, submit } = setUp()
    void submit(entry('a'))
    await runtime.settle()
    void submit(entry('b'))
    const stopped = committer.stop(5_000)
    await runtime.advance(5_000)
    await stopped
    expect(log).toEqual(['rejected b: unavailable'])
  })

  test('with nothing under way it stops at once', async () => {
    const { committer } = setUp()
    await committer.stop(5_000)
  })
})
