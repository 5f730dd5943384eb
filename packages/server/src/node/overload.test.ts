import type { BreakerState } from '@skein/resilience'
import { describe, expect, test } from 'vitest'
import { silentLogger } from '../observe/logger.ts'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { Overload } from './overload.ts'

const TARGET_MS = 500
const USERS = 200

/** A node of which the test says how long its entries wait. */
function setUp() {
  const runtime = new ManualRuntime()
  const commits: { state: BreakerState; retryAfterMs: number; looked: number; look(): void } = {
    state: { name: 'closed', failures: 0 },
    retryAfterMs: 0,
    looked: 0,
    look: () => void commits.looked++,
  }
  const loop = { lagMs: 0 }
  const queue = { waitingEntries: 0 }
  const overload = new Overload({
    limits: { queueTargetMs: TARGET_MS },
    runtime,
    logger: silentLogger,
    loopLagMs: () => loop.lagMs,
    commits: {
      breaker: commits,
      get waitingEntries() {
        return queue.waitingEntries
      },
    },
  })
  const status = (kind: 'admission' | 'breaker') => overload.status().find((guard) => guard.kind === kind)
  /** One turn of the loop: all users send, what is admitted begins to be committed. Answers how many were. */
  const turn = async (turnMs: number, begun: { waitMs: number; leftBehind: number }): Promise<number> => {
    let admitted = 0
    for (let user = 0; user < USERS; user++) if (overload.askToSend(`u${user}`) === undefined) admitted++
    if (admitted > 0) {
      const { waitMs, leftBehind } = begun
      const entries = Math.min(admitted, USERS / 4)
      overload.began({ entries, leastWaitMs: waitMs, slotWaitMs: 0, sumWaitMs: waitMs * entries, leftBehind })
    }
    await runtime.advance(turnMs)
    return admitted
  }
  return { runtime, commits, queue, loop, overload, status, turn }
}

describe('what is no overload', () => {
  test('waiting for the commit under way is not: nobody is refused, however long it takes', async () => {
    const { turn, status } = setUp()
    for (let turns = 0; turns < 50; turns++)
      expect(await turn(50, { waitMs: 2_000, leftBehind: 0 })).toBe(USERS)
    expect(status('admission')).toMatchObject({ state: 'idle', refused: 0 })
  })

  test('a queue that is shorter than the target is not', async () => {
    const { turn } = setUp()
    for (let turns = 0; turns < 50; turns++)
      expect(await turn(50, { waitMs: TARGET_MS - 1, leftBehind: 1_000 })).toBe(USERS)
  })

  test('a few who wait for something else are not, however long it takes', async () => {
    const { overload, loop, runtime } = setUp()
    loop.lagMs = 1_000
    for (let turns = 0; turns < 100; turns++) {
      for (let user = 0; user < 5; user++) expect(overload.askToSend(`u${user}`)).toBeUndefined()
      overload.began({ entries: 5, leastWaitMs: 900, slotWaitMs: 0, sumWaitMs: 4_500, leftBehind: 1 })
      await runtime.advance(50)
    }
  })

  test('a burst that is gone in a moment is not', async () => {
    const { turn, loop } = setUp()
    loop.lagMs = 400
    expect(await turn(20, { waitMs: 0, leftBehind: 0 })).toBe(USERS)
    loop.lagMs = 0
    for (let turns = 0; turns < 20; turns++) expect(await turn(20, { waitMs: 0, leftBehind: 0 })).toBe(USERS)
  })
})

describe('overload', () => {
  test('a standing queue refuses a part of the users, each told another moment to come back', async () => {
    const { overload, turn, status } = setUp()
    let admitted = USERS
    for (let turns = 0; turns < 30; turns++) admitted = await turn(50, { waitMs: 800, leftBehind: 5_000 })
    expect(admitted).toBeLessThan(USERS)
    expect(admitted).toBeGreaterThan(0)
    expect(overload.refusesSends).toBe(true)
    expect(status('admission')).toMatchObject({ state: 'acting', unit: 'ms', bound: TARGET_MS })
    const told = Array.from({ length: USERS }, (_, user) => overload.askToSend(`u${user}`)).flatMap(
      (turned) => (turned === undefined ? [] : [turned.retryAfterMs]),
    )
    expect(new Set(told).size).toBeGreaterThan(told.length / 2)
    for (const retryAfterMs of told) expect(retryAfterMs).toBeGreaterThanOrEqual(500)
  })

  test('waiting for the commits of other lanes is a queue, though each batch takes all that its lane has', async () => {
    const { overload, runtime } = setUp()
    let admitted = USERS
    for (let turns = 0; turns < 20; turns++) {
      admitted = 0
      for (let user = 0; user < USERS; user++) if (overload.askToSend(`u${user}`) === undefined) admitted++
      overload.began({ entries: 50, leastWaitMs: 0, slotWaitMs: 800, sumWaitMs: 0, leftBehind: 0 })
      await runtime.advance(50)
    }
    expect(admitted).toBeLessThan(USERS / 2)
  })

  test('a loop that lags is a queue too, and turns longer than the interval are judged whole', async () => {
    const { loop, turn } = setUp()
    loop.lagMs = 300
    let admitted = USERS
    for (let turns = 0; turns < 10; turns++) admitted = await turn(300, { waitMs: 0, leftBehind: 0 })
    expect(admitted).toBeLessThan(USERS / 2)
  })

  test('what came between two batches that are far apart is judged by the later one', async () => {
    const { overload, queue, runtime } = setUp()
    queue.waitingEntries = 1
    let admitted = 0
    for (let turns = 0; turns < 40; turns++) {
      admitted = 0
      for (let user = 0; user < USERS; user++) if (overload.askToSend(`u${user}`) === undefined) admitted++
      const begins = turns % 8 === 0
      if (begins)
        overload.began({ entries: 50, leastWaitMs: 800, slotWaitMs: 0, sumWaitMs: 0, leftBehind: 1_000 })
      await runtime.advance(100)
    }
    expect(admitted).toBeLessThan(USERS / 4)
  })

  test('a turn that does not end takes in no more: the rest is turned away, and fewer are let in next time', async () => {
    const { overload, runtime } = setUp()
    const flood = (): number => {
      let admitted = 0
      for (let asked = 0; asked < 10 * USERS; asked++) {
        if (overload.askToSend(`u${asked % USERS}`) === undefined) {
          admitted++
          runtime.nowMs += 1
        } else runtime.nowMs += 0.05
      }
      const waitMs = overload.refusesSends ? TARGET_MS : 0
      overload.began({
        entries: admitted,
        leastWaitMs: waitMs + 1,
        slotWaitMs: 0,
        sumWaitMs: 0,
        leftBehind: 1,
      })
      return admitted
    }
    const first = flood()
    expect(first).toBeLessThanOrEqual(TARGET_MS + 1)
    await runtime.advance(0)
    flood()
    await runtime.advance(0)
    let users = 0
    for (let user = 0; user < USERS; user++) if (overload.askToSend(`u${user}`) === undefined) users++
    expect(users).toBeLessThan(USERS / 2)
  })

  test('typing goes first, then new sessions, then sends; who resumes comes last', async () => {
    const { overload, turn } = setUp()
    for (let turns = 0; turns < 12; turns++) await turn(100, { waitMs: 800, leftBehind: 5_000 })
    expect(overload.ask('soft', 'u1')).toMatchObject({ code: 'overloaded' })
    expect(overload.ask('new')).toMatchObject({ code: 'overloaded' })
    expect(overload.ask('resume')).toBeUndefined()
  })

  test('when the queue is gone all are let in again', async () => {
    const { overload, turn, status } = setUp()
    for (let turns = 0; turns < 30; turns++) await turn(50, { waitMs: 800, leftBehind: 5_000 })
    let admitted = 0
    for (let turns = 0; turns < 600; turns++) admitted = await turn(50, { waitMs: 5, leftBehind: 0 })
    expect(admitted).toBe(USERS)
    expect(overload.ask('soft', 'u1')).toBeUndefined()
    expect(status('admission')?.state).toBe('idle')
  })
})

describe('while the database takes no commits', () => {
  test('sends are refused at once, and told when to come back', () => {
    const { overload, commits, status } = setUp()
    commits.state = { name: 'open', openings: 1, untilMs: Infinity, reason: 'failuresInRow' }
    commits.retryAfterMs = 400
    const turned = overload.askToSend('ada')
    expect(turned).toMatchObject({ code: 'unavailable' })
    expect(turned?.retryAfterMs).toBeGreaterThanOrEqual(400)
    expect(overload.ask('existing', 'ada')).toBeUndefined()
    expect(status('breaker')).toMatchObject({ state: 'open', reason: 'failuresInRow', refused: 1 })
  })

  test('once a probe is due, what comes may be it', () => {
    const { overload, commits } = setUp()
    commits.state = { name: 'open', openings: 1, untilMs: 0, reason: 'failuresInRow' }
    expect(overload.askToSend('ada')).toBeUndefined()
  })

  test('whether it hangs is looked at once a turn', async () => {
    const { overload, commits, runtime } = setUp()
    for (let asked = 0; asked < 10; asked++) overload.askToSend('ada')
    expect(commits.looked).toBe(1)
    await runtime.settle()
    overload.askToSend('ada')
    expect(commits.looked).toBe(2)
  })
})
