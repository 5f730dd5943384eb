import { seededRandom, type Runtime } from '@skein/core'
import type { Cursor, Event } from '@skein/protocol'
import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../node/limits.ts'
import { silentLogger } from '../observe/logger.ts'
import { Follows, type SessionFollower } from '../session/follows.ts'
import type { LogRecord, ReadPage, ReadRequest } from '../store/store.ts'
import { Batcher } from './batcher.ts'
import type { Encoded } from './encoded.ts'
import { Hub } from './hub.ts'
import type { LiveConversation } from './live-conversation.ts'
import { Turn } from './turn.ts'

const ORIGIN = 'r.a'

const record = (seq: number, overrides: Partial<Event> = {}): LogRecord => ({
  app: 'app',
  conversation: 'c',
  lane: 0,
  laneOffset: seq,
  event: {
    origin: ORIGIN,
    seq,
    hlc: seq,
    sender: 'ada',
    clientId: `01890000-0000-7000-8000-${String(seq).padStart(12, '0')}`,
    kind: 'message',
    body: { text: String(seq) },
    count: seq,
    at: seq,
    ...overrides,
  },
})

const removal = (seq: number, user: string): LogRecord =>
  record(seq, { kind: 'member', body: { change: 'remove', user } })

class FakeFollower implements SessionFollower {
  readonly user: string
  readonly seqs: number[] = []
  readonly messages: string[] = []
  follows: Follows | undefined
  constructor(user: string) {
    this.user = user
  }
  deliver(message: Encoded): void {
    this.messages.push(message.text)
    const { events } = JSON.parse(message.text) as { events: Event[] }
    this.seqs.push(...events.map((event) => event.seq))
  }
  push(message: Encoded): void {
    this.deliver(message)
  }
  deliverSoft(): void {}
  removedBy(live: LiveConversation, event: Event): void {
    this.follows?.removed(live.id, event)
  }
  userEvent(): void {}
  reset(): void {}
}

/** A hub over a log that the test fills; the turn ends when the test says so. */
function setUp() {
  const log: LogRecord[] = []
  const reads: ReadRequest[] = []
  let ends: (() => void)[] = []
  const runtime: Runtime = {
    clock: { now: () => 0, monotonicMs: () => 0 },
    timers: { after: () => () => {}, afterTurn: (run) => void ends.push(run) },
    random: seededRandom(1),
  }
  const read = (request: ReadRequest): ReadPage => {
    reads.push(request)
    const records = log.filter((item) => item.event.seq > (request.cursor[ORIGIN] ?? 0))
    return { records, cursor: { [ORIGIN]: log.length }, more: false, reset: false, notMember: false }
  }
  const reader = new Batcher<ReadRequest, ReadPage>({
    load: (asked) => Promise.resolve(asked.map(read)),
    timers: runtime.timers,
    maxBatch: 10,
    maxInFlight: 2,
    maxWaiting: 10,
  })
  const turn = new Turn(runtime.timers)
  const live: string[] = []
  const subscriptions = {
    opened: ({ id }: LiveConversation) => void live.push(`+${id}`),
    released: ({ id }: LiveConversation) => void live.push(`-${id}`),
  }
  const hub = new Hub({ reader, runtime, limits: DEFAULT_LIMITS, logger: silentLogger, turn, subscriptions })
  turn.onConversation((live) => hub.flush(live))
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 20; round++) {
      const due = ends
      ends = []
      for (const run of due) run()
      for (let i = 0; i < 10; i++) await Promise.resolve()
    }
  }
  const join = (user: string, cursor: Cursor, from: Cursor = {}): FakeFollower => {
    const follower = new FakeFollower(user)
    const follows = new Follows(hub, follower)
    follower.follows = follows
    const live = hub.pin('app', 'c')
    hub.beginBefore(live, cursor)
    follows.attach(live, cursor, from)
    hub.unpin(live)
    return follower
  }
  return { hub, log, reads, settle, join, live }
}

describe('the hub', () => {
  it('tells all that was committed in one turn in one frame', async () => {
    const { hub, join, settle } = setUp()
    const bob = join('bob', {})
    await settle()
    hub.publish([record(1), record(2)])
    hub.publish([record(3)])
    await settle()
    expect(bob.seqs).toEqual([1, 2, 3])
    expect(bob.messages).toHaveLength(1)
  })

  it('holds what lies beyond a gap and reads the gap once for all followers', async () => {
    const { hub, log, reads, join, settle } = setUp()
    const followers = ['bob', 'eve', 'joe'].map((user) => join(user, {}))
    await settle()
    reads.length = 0
    log.push(record(1), record(2), record(3))
    hub.publish([record(3)])
    await settle()
    for (const follower of followers) expect(follower.seqs).toEqual([1, 2, 3])
    expect(reads).toHaveLength(1)
  })

  it('reads what a tail head tells when the hint was lost', async () => {
    const { hub, log, join, settle } = setUp()
    const bob = join('bob', {})
    await settle()
    log.push(record(1))
    hub.heads([{ app: 'app', conversation: 'c', origin: ORIGIN, seq: 1 }])
    await settle()
    expect(bob.seqs).toEqual([1])
  })

  it('reads once more when something is told while a repair is under way', async () => {
    const { hub, log, join, settle } = setUp()
    const bob = join('bob', {})
    hub.heads([{ app: 'app', conversation: 'c', origin: ORIGIN, seq: 1 }])
    log.push(record(1))
    await settle()
    expect(bob.seqs).toEqual([1])
  })

  it('passes every event on once, however often it is told', async () => {
    const { hub, join, settle } = setUp()
    const bob = join('bob', {})
    await settle()
    hub.publish([record(1)])
    hub.publish([record(1), record(2)])
    await settle()
    hub.publish([record(2)])
    await settle()
    expect(bob.seqs).toEqual([1, 2])
  })

  it('knows what was committed between a read and the follow', async () => {
    const { hub, log, settle } = setUp()
    log.push(record(1), record(2))
    hub.publish([record(2)])
    const follower = new FakeFollower('bob')
    const live = hub.pin('app', 'c')
    hub.beginAt(live, { [ORIGIN]: { seq: 1, count: 1 } }, 0)
    new Follows(hub, follower).attach(live, { [ORIGIN]: 1 }, {})
    await settle()
    expect(follower.seqs).toEqual([2])
  })

  it('tells a removed member its removal and nothing behind it, even of the same turn', async () => {
    const { hub, join, settle } = setUp()
    const bob = join('bob', {})
    const eve = join('eve', {})
    await settle()
    hub.publish([record(1), removal(2, 'bob'), record(3)])
    await settle()
    expect(bob.seqs).toEqual([1, 2])
    expect(eve.seqs).toEqual([1, 2, 3])
  })

  it('keeps a member that rejoined before its old removal passes', async () => {
    const { hub, join, settle } = setUp()
    join('eve', {})
    await settle()
    hub.publish([record(1), removal(2, 'bob'), record(3), record(4)])
    const bob = join('bob', { [ORIGIN]: 3 }, { [ORIGIN]: 3 })
    await settle()
    expect(bob.seqs).toContain(4)
    expect(bob.seqs).not.toContain(1)
  })

  it('gives nothing beyond a removal from memory', async () => {
    const { hub, join, settle } = setUp()
    join('eve', {})
    await settle()
    hub.publish([record(1), removal(2, 'bob'), record(3)])
    await settle()
    const bob = join('bob', { [ORIGIN]: 1 })
    hub.publish([record(4)])
    await settle()
    expect(bob.seqs).toEqual([2])
  })

  it('lets a client that is ahead of this node page until it is as far', async () => {
    const { hub, log, join, settle } = setUp()
    const bob = join('bob', {})
    await settle()
    log.push(record(1), record(2))
    const ann = new FakeFollower('ann')
    const live = hub.pin('app', 'c')
    const follows = new Follows(hub, ann)
    expect(follows.attach(live, { [ORIGIN]: 2 }, {})).toBe(false)
    hub.beginBefore(live, { [ORIGIN]: 2 })
    await settle()
    expect(follows.attach(live, { [ORIGIN]: 2 }, {})).toBe(true)
    expect([bob.seqs, ann.seqs]).toEqual([[1, 2], []])
  })

  it('lets go of a conversation that nobody follows', async () => {
    const { hub, join, settle, live } = setUp()
    const bob = join('bob', {})
    await settle()
    expect(hub.conversations).toBe(1)
    bob.follows?.clear()
    expect(hub.conversations).toBe(0)
    expect(live).toEqual(['+c', '-c'])
  })
})
