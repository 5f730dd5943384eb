import { describe, expect, test } from 'vitest'
import { silentLogger } from '../../../observe/logger.ts'
import { ManualRuntime } from '../../../observe/manual-runtime.ts'
import { READ_WAIT_MS, ReadGate } from './read-gate.ts'
import { READ_BOUNDS, type ReadKind, VITAL_CONNECTIONS } from './read-kind.ts'
import { LONG_WAIT_MS } from './waits.ts'

const CONNECTIONS = 8

/** A gate before a database that answers when the test says so. */
function setUp() {
  const runtime = new ManualRuntime()
  const gate = new ReadGate({ runtime, logger: silentLogger, connections: CONNECTIONS })
  const underWay: { readonly kind: ReadKind; succeed(): void; fail(error: unknown): void }[] = []
  const log: string[] = []
  const ask = (kind: ReadKind): void => {
    const question = () =>
      new Promise<void>((succeed, fail) => {
        underWay.push({ kind, succeed, fail })
      })
    gate.run(kind, question).then(
      () => log.push(`${kind} answered`),
      (error: unknown) => log.push(`${kind} ${error instanceof Error ? error.message : 'rejected'}`),
    )
  }
  const breaker = () => gate.status().find(({ kind }) => kind === 'breaker')
  const guard = (name: string) => gate.status().find((status) => status.name === name)
  return { runtime, gate, underWay, log, ask, breaker, guard }
}

const gone = Object.assign(new Error('connection lost'), { code: 'ECONNRESET' })

describe('bulkheads of reads', () => {
  test('one kind takes no more than its part, whatever it asks', async () => {
    const { runtime, underWay, ask, guard } = setUp()
    for (let asked = 0; asked < 50; asked++) ask('requests')
    await runtime.settle()
    expect(underWay).toHaveLength(READ_BOUNDS.requests.limit)
    ask('users')
    await runtime.settle()
    expect(underWay.at(-1)?.kind).toBe('users')
    expect(guard('database.reads.requests')).toMatchObject({ used: 50, refused: 0 })
  })

  test('an operator is told of waits that last, and not of those of a moment', async () => {
    const { runtime, gate, underWay, ask } = setUp()
    const acting = () => gate.status().flatMap(({ name, state }) => (state === 'acting' ? [name] : []))
    for (const kind of ['requests', 'pages', 'users', 'records'] as const)
      for (let asked = 0; asked < 5; asked++) ask(kind)
    await runtime.advance(LONG_WAIT_MS - 1)
    expect(acting()).toEqual([])
    await runtime.advance(1)
    expect(acting()).toEqual([
      'database.reads',
      'database.reads.users',
      'database.reads.pages',
      'database.reads.requests',
      'database.reads.records',
    ])
    while (underWay.length > 0) {
      for (const { succeed } of underWay.splice(0)) succeed()
      await runtime.settle()
    }
    expect(acting()).toEqual([])
  })

  test('all kinds together leave connections to what is vital', async () => {
    const { runtime, underWay, ask } = setUp()
    for (const kind of ['requests', 'pages', 'users', 'records'] as const)
      for (let asked = 0; asked < 10; asked++) ask(kind)
    await runtime.settle()
    expect(underWay).toHaveLength(CONNECTIONS - VITAL_CONNECTIONS)
    ask('vital')
    expect(underWay.at(-1)?.kind).toBe('vital')
  })

  test('who waits for too long is refused and told when to come back', async () => {
    const { runtime, underWay, log, ask, guard } = setUp()
    for (let asked = 0; asked <= READ_BOUNDS.users.limit; asked++) ask('users')
    await runtime.advance(READ_WAIT_MS)
    expect(log).toEqual([
      `users The database has no time for this now (users): waited ${READ_WAIT_MS} ms for its turn.`,
    ])
    expect(guard('database.reads.users')?.refused).toBe(1)
    for (const { succeed } of underWay) succeed()
    await runtime.settle()
    ask('users')
    await runtime.settle()
    expect(underWay).toHaveLength(READ_BOUNDS.users.limit + 1)
    expect(runtime.timersPending).toBe(0)
  })

  test('more than may wait are refused at once', async () => {
    const { runtime, gate, log, ask } = setUp()
    const { limit, maxWaiting } = READ_BOUNDS.users
    for (let asked = 0; asked < limit + maxWaiting; asked++) ask('users')
    await runtime.settle()
    expect(log).toEqual([])
    await expect(gate.run('users', () => Promise.resolve())).rejects.toMatchObject({
      reason: 'unavailable',
      remedy: 'retry',
      retryAfterMs: expect.any(Number) as number,
    })
  })
})

describe('the breaker around reads', () => {
  test('opens after five failures in a row; then nothing is asked but what is vital', async () => {
    const { runtime, underWay, log, ask, breaker } = setUp()
    for (let failures = 0; failures < 5; failures++) {
      ask('pages')
      await runtime.settle()
      underWay.at(-1)?.fail(gone)
      await runtime.settle()
    }
    expect(breaker()).toMatchObject({ state: 'open', reason: 'failuresInRow' })
    ask('pages')
    await runtime.settle()
    expect(underWay).toHaveLength(5)
    expect(log.at(-1)).toMatch(/last answers failed/)
    ask('vital')
    expect(underWay).toHaveLength(6)
  })

  test('one probe closes it, also a vital one', async () => {
    const { runtime, underWay, ask, breaker } = setUp()
    for (let failures = 0; failures < 5; failures++) {
      ask('vital')
      underWay.at(-1)?.fail(gone)
      await runtime.settle()
    }
    await runtime.advance(200)
    ask('vital')
    expect(breaker()?.state).toBe('halfOpen')
    underWay.at(-1)?.succeed()
    await runtime.settle()
    expect(breaker()?.state).toBe('closed')
  })

  test('an objection of the database is an answer; a statement that ran out of time is none', async () => {
    const { runtime, underWay, ask, breaker } = setUp()
    const failWith = async (code: string): Promise<void> => {
      ask('records')
      await runtime.settle()
      underWay.at(-1)?.fail(Object.assign(new Error('no'), { code }))
      await runtime.settle()
    }
    for (let times = 0; times < 10; times++) await failWith('23505')
    expect(breaker()?.state).toBe('closed')
    for (let times = 0; times < 5; times++) await failWith('57014')
    expect(breaker()?.state).toBe('open')
  })

  test('who waited while it opened is not asked after all', async () => {
    const { runtime, underWay, log, ask } = setUp()
    for (let asked = 0; asked < 8; asked++) ask('users')
    for (let failures = 0; failures < 5; failures++) {
      await runtime.settle()
      underWay[failures]?.fail(gone)
    }
    await runtime.settle()
    expect(underWay).toHaveLength(6)
    expect(log.slice(-2)).toEqual(Array(2).fill(expect.stringMatching(/last answers failed/)))
  })
})

describe('adaptive concurrency', () => {
  test('a database that becomes much slower is asked less at once, and more when it is well again', async () => {
    const { runtime, underWay, ask, gate } = setUp()
    const bound = () => gate.status().find(({ kind }) => kind === 'concurrency')?.bound ?? 0
    const serve = async (rounds: number, roundTripMs: number): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        for (const kind of ['requests', 'pages', 'records'] as const)
          for (let asked = 0; asked < 2; asked++) ask(kind)
        await runtime.settle()
        runtime.nowMs += roundTripMs
        while (underWay.length > 0) {
          for (const { succeed } of underWay.splice(0)) succeed()
          await runtime.settle()
        }
      }
    }
    await serve(200, 5)
    expect(bound()).toBe(CONNECTIONS - VITAL_CONNECTIONS)
    await serve(40, 150)
    const slow = bound()
    expect(slow).toBeLessThan(CONNECTIONS - VITAL_CONNECTIONS)
    await serve(400, 5)
    expect(bound()).toBeGreaterThan(slow)
  })
})
