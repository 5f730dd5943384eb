import { seededRandom, uuidv7, type Runtime } from '@skein/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CommitEntry, CommitOutcome } from '../store.ts'
import type { StoreFault } from './faults.ts'
import { MemoryDatabase } from './memory-database.ts'
import { MemoryStore } from './memory-store.ts'

const APP = 'acme'

/** A database with a clock that stands still until it is moved, and timers that run then. */
class World {
  nowMs = Date.UTC(2026, 0, 1)
  readonly random = seededRandom(7)
  readonly #timers: { readonly atMs: number; readonly run: () => void }[] = []
  readonly runtime: Runtime = {
    clock: { now: () => this.nowMs, monotonicMs: () => this.nowMs },
    timers: {
      after: (delayMs, run) => {
        this.#timers.push({ atMs: this.nowMs + delayMs, run })
        return () => {}
      },
      afterTurn: (run) => queueMicrotask(run),
    },
    random: this.random,
  }
  readonly database = new MemoryDatabase({
    clock: this.runtime.clock,
    random: this.random,
    region: 'eu',
    incarnation: 'one',
    lanes: 4,
  })
  readonly store = new MemoryStore({ runtime: this.runtime, database: this.database })

  /** A handle whose next calls suffer these faults, in turn. */
  faulty(...faults: (StoreFault | undefined)[]): MemoryStore {
    return new MemoryStore({
      runtime: this.runtime,
      database: this.database,
      faults: { next: () => faults.shift() },
    })
  }

  async pass(ms: number): Promise<void> {
    this.nowMs += ms
    for (const timer of this.#timers.splice(0)) {
      if (timer.atMs <= this.nowMs) timer.run()
      else this.#timers.push(timer)
    }
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }

  entry(kind: CommitEntry['kind'], conversation: string, sender: string, body: object): CommitEntry {
    const clientId = uuidv7(this.runtime.clock, this.random)
    return { app: APP, conversation, sender, authority: 'member', clientId, kind, body: JSON.stringify(body) }
  }

  message(text: string): CommitEntry {
    return this.entry('message', 'g', 'ann', { text })
  }

  async commit(entry: CommitEntry, store: MemoryStore = this.store): Promise<CommitOutcome> {
    const [outcome] = await store.commit(store.laneOf(entry.app, entry.conversation), [entry])
    if (outcome === undefined) throw new Error('no outcome')
    return outcome
  }

  async group(): Promise<void> {
    await this.commit(
      this.entry('create', 'g', 'ann', { type: 'group', members: [{ user: 'bob', role: 'member' }] }),
    )
  }

  /** All that can be read, for comparing. */
  async everything(conversations = ['g', '@ann', '@bob', '@carol']): Promise<unknown> {
    const requests = conversations.map((conversation) => ({
      app: APP,
      conversation,
      cursor: {},
      limit: 1_000,
    }))
    return {
      pages: await this.store.read(requests),
      users: await this.store.users(['ann', 'bob', 'carol'].map((user) => ({ app: APP, user }))),
      members: await this.store.members({ app: APP, conversation: 'g', limit: 10 }),
      facts: await this.store.conversation(APP, 'g'),
      directory: await this.store.listUsers({ app: APP, limit: 10 }),
      vector: await this.store.laneVector(),
      history: await this.store.history({ app: APP, conversation: 'g', user: 'bob', limit: 100 }),
    }
  }
}

describe('faults of the memory store', () => {
  it('leaves nothing behind when it is away', async () => {
    const world = new World()
    await world.group()
    const before = await world.everything()
    const store = world.faulty({ away: true }, { away: true })
    await expect(world.commit(world.message('lost'), store)).rejects.toMatchObject({ reason: 'unavailable' })
    await expect(store.ping()).rejects.toMatchObject({ reason: 'unavailable' })
    expect(await world.everything()).toEqual(before)
  })

  it.each([
    ['committed', true],
    ['notCommitted', false],
  ] as const)(
    'rejects an indeterminate commit that was %s, and the retry finds out',
    async (indeterminate, duplicate) => {
      const world = new World()
      await world.group()
      const entry = world.message('perhaps')
      const store = world.faulty({ indeterminate })
      await expect(world.commit(entry, store)).rejects.toMatchObject({ reason: 'indeterminate' })
      expect(await world.commit(entry, store)).toMatchObject({ status: 'committed', duplicate })
    },
  )

  it('does what is delayed when its time has come, and answers later still', async () => {
    const world = new World()
    await world.group()
    const [head] = await world.store.read([{ app: APP, conversation: 'g', cursor: {}, limit: 9 }])
    let answered = false
    const delayed = world
      .commit(world.message('slow'), world.faulty({ delayMs: 100, answerDelayMs: 50 }))
      .then(() => {
        answered = true
      })
    const read = async (): Promise<number> =>
      (await world.store.history({ app: APP, conversation: 'g', limit: 9 })).records.length
    await world.pass(99)
    expect(await read()).toBe(head?.records.length)
    await world.pass(1)
    expect(await read()).toBe(2)
    expect(answered).toBe(false)
    await world.pass(50)
    await delayed
    expect(answered).toBe(true)
  })

  it('hides what is not visible yet from reads and the tail, never from a commit', async () => {
    const world = new World()
    await world.group()
    const before = await world.everything()
    const vector = await world.store.laneVector()
    const entry = world.entry('member', 'g', 'ann', {
      change: 'add',
      members: [{ user: 'carol', role: 'member' }],
    })
    await world.commit(entry, world.faulty({ visibleAfterMs: 200 }))
    expect(await world.commit(entry)).toMatchObject({ duplicate: true })
    const later = await world.commit({ ...world.message('by carol'), sender: 'carol' })
    expect(later).toMatchObject({ status: 'committed', record: { event: { seq: 3 } } })
    expect(await world.store.tail(vector, 100)).toEqual({ heads: [], vector, more: false })
    expect(await world.store.roleOf(APP, 'g', 'carol')).toBeUndefined()
    expect(await world.everything()).toEqual(before)
    const ahead = { app: APP, conversation: 'g', cursor: { 'eu.one': 3 }, limit: 9 }
    expect(await world.store.read([ahead])).toMatchObject([
      { reset: false, records: [], cursor: { 'eu.one': 3 }, more: false },
    ])
    await world.pass(200)
    const page = await world.store.tail(vector, 100)
    expect(page.heads).toHaveLength(2)
    expect(await world.store.roleOf(APP, 'g', 'carol')).toBe('member')
  })

  it('tells a tail that is ahead of a lane where the lane ends', async () => {
    const world = new World()
    await world.group()
    await world.commit(world.message('lost'))
    const ahead = await world.store.laneVector()
    world.database.failover({ lose: 1 })
    const page = await world.store.tail(ahead, 100)
    expect(page.vector).toEqual(await world.store.laneVector())
    expect(page.vector).not.toEqual(ahead)
  })
})

type Write = (world: World) => Promise<unknown>
const WRITES: readonly Write[] = [
  (world) => world.commit(world.message('hello')),
  (world) => world.commit(world.entry('member', 'g', 'ann', { change: 'remove', user: 'bob' })),
  (world) => world.commit(world.entry('member', 'g', 'ann', { change: 'role', user: 'bob', role: 'owner' })),
  (world) =>
    world.commit(
      world.entry('member', 'g', 'ann', {
        change: 'add',
        members: ['bob', 'carol'].map((user) => ({ user, role: 'admin' })),
      }),
    ),
  (world) => world.commit(world.entry('title', 'g', 'ann', { title: 'Geese' })),
  (world) => world.commit(world.entry('create', 'h', 'carol', { type: 'group', members: [] })),
  (world) => world.store.mergeReads([{ app: APP, user: 'ann', conversation: 'g', cursor: { 'eu.one': 9 } }]),
  (world) => world.store.upsertUser(APP, 'bob', { name: 'Bob' }),
  (world) => world.store.revoke(APP, 'carol', world.nowMs),
]

describe('a fail-over that loses commits', () => {
  it('leaves exactly what stood before them, whatever they were', async () => {
    const write = fc.nat({ max: WRITES.length - 1 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { maxLength: 8 }),
        fc.array(write, { maxLength: 8 }),
        async (kept, lost) => {
          const world = new World()
          await world.group()
          for (const index of kept) await WRITES[index]?.(world)
          const before = await world.everything()
          let commits = 0
          for (const index of lost) {
            const vector = await world.store.laneVector()
            await WRITES[index]?.(world)
            const moved = JSON.stringify(await world.store.laneVector()) !== JSON.stringify(vector)
            if (moved || index === 7) commits++
          }
          world.database.failover({ lose: commits })
          expect(await world.everything()).toEqual(before)
        },
      ),
    )
  })

  it('goes on under a new incarnation, and a retry of what was lost is committed anew', async () => {
    const world = new World()
    await world.group()
    const entry = world.message('acknowledged, then lost')
    await world.commit(entry)
    world.database.failover({ lose: 1, incarnation: 'two' })
    expect(world.store.identity.origin).toBe('eu.two')
    expect(await world.commit(entry)).toMatchObject({
      duplicate: false,
      record: { event: { origin: 'eu.two', seq: 1 } },
    })
    const ahead = { app: APP, conversation: 'g', cursor: { 'eu.one': 2 }, limit: 9 }
    expect(await world.store.read([ahead])).toMatchObject([
      { reset: true, cursor: { 'eu.one': 1, 'eu.two': 1 } },
    ])
  })

  it('cannot reuse the name of an incarnation', () => {
    const world = new World()
    expect(() => world.database.failover({ lose: 0, incarnation: 'one' })).toThrow('numbers would be reused')
  })
})

describe('a batch', () => {
  it('applies wholly or not at all', async () => {
    const world = new World()
    await world.group()
    const before = await world.everything()
    const change = (): void =>
      world.database.write(0, (transaction) => {
        const conversation = transaction.beginConversation(APP, 'x', 'group', undefined)
        transaction.append(conversation.log, {
          sender: 'ann',
          clientId: 'c',
          kind: 'create',
          body: {},
          bodyText: '{}',
        })
        transaction.appendUserLog(APP, 'ann', 'joined', {})
        throw new Error('the disk is full')
      })
    expect(change).toThrow('the disk is full')
    expect(await world.everything()).toEqual(before)
    expect(await world.store.conversation(APP, 'x')).toBeUndefined()
  })

  it('is refused as a whole when an entry belongs to another lane', async () => {
    const world = new World()
    const entry = world.message('astray')
    await expect(world.store.commit((world.store.laneOf(APP, 'g') + 1) % 4, [entry])).rejects.toThrow(
      'is not in lane',
    )
  })
})
