import { assert } from '@skein/core'
import { describe, expect, it, vi } from 'vitest'
import type { BusDelivery, BusFault } from '../bus/memory/faults.ts'
import { memoryBus } from '../bus/memory/memory-bus.ts'
import { MemoryBusHub } from '../bus/memory/memory-bus-hub.ts'
import type { MemoryStore } from '../store/memory/memory-store.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { setUp as setUpNode } from './testing/node-bed.ts'

/** Long enough for a connection of the bus, for a hint, and for the answer of the store. */
const SOON_MS = 50

/** Nodes n1 and n2 on one store and one bus; ada is on n1, bob on n2, both in `g`. */
async function setUp() {
  const bed = await setUpNode()
  const { runtime, another, busHub, online, group } = bed
  const n2 = await another('n2', busHub)
  await runtime.advance(SOON_MS)
  const ada = await online('ada')
  await group(ada, 'g', ['bob', 'eve'])
  const bob = await online('bob', {}, n2)
  await runtime.advance(2 * DEFAULT_LIMITS.tailPokeMs)
  return { ...bed, n2, ada, bob, n1: bed.node }
}

/** Answers are read when they are asked for, and come when the gate opens. */
function delayUsers(store: MemoryStore): () => void {
  const users = store.users.bind(store)
  let open = (): void => {}
  const gate = new Promise<void>((resolve) => (open = resolve))
  vi.spyOn(store, 'users').mockImplementation(async (keys) => {
    const answer = await users(keys)
    await gate
    return answer
  })
  return () => open()
}

describe('several nodes', () => {
  it('carry a message from one to the other by a hint, without reading the log', async () => {
    const { runtime, ada, bob, message, n2 } = await setUp()
    const { repairs } = n2.stats()
    ada.say(message('g', 'hello'))
    await runtime.advance(SOON_MS)
    expect(bob.texts('g')).toEqual(['hello'])
    bob.say(message('g', 'hello too'))
    await runtime.advance(SOON_MS)
    expect(ada.texts('g')).toEqual(['hello', 'hello too'])
    expect(n2.stats().repairs).toBe(repairs)
  })

  it('read what the bus swallows, within the time of a tail read', async () => {
    const { runtime, ada, bob, message, busHub, n2 } = await setUp()
    busHub.blackHole('n2', 'in')
    ada.say(message('g', 'unheard'))
    await runtime.advance(SOON_MS)
    expect(bob.texts('g')).toEqual([])
    expect(n2.bus.state).toBe('up')
    await runtime.advance(DEFAULT_LIMITS.tailReadMs - SOON_MS)
    expect(bob.texts('g')).toEqual(['unheard'])
  })

  it('read the last of a burst when its hint is lost', async () => {
    const { runtime, ada, online, another, message } = await setUp()
    const lossy: { next: (delivery: BusDelivery) => BusFault | undefined } = { next: () => undefined }
    const hub = new MemoryBusHub({ runtime, faults: { next: (delivery) => lossy.next(delivery) } })
    const [n3, n4] = [await another('n3', hub), await another('n4', hub)]
    await runtime.advance(SOON_MS)
    const bob = await online('bob', {}, n3)
    const eve = await online('eve', {}, n4)
    await runtime.advance(2 * DEFAULT_LIMITS.tailPokeMs)
    lossy.next = ({ index, count, channel }) => ({ drop: channel.includes(':c:') && index === count - 1 })
    const texts = Array.from({ length: 8 }, (_, index) => `${index} ${'x'.repeat(1_200)}`)
    bob.say(...texts.map((text) => message('g', text)))
    await runtime.advance(SOON_MS)
    expect(eve.texts('g')).toEqual(texts.slice(0, eve.texts('g').length))
    expect([1, 2, 3, 4, 5, 6, 7]).toContain(eve.texts('g').length)
    await runtime.advance(DEFAULT_LIMITS.tailReadMs)
    expect(eve.texts('g')).toEqual(texts)
    expect(ada.texts('g')).toEqual(texts)
  })

  it('read the log four times a second while the bus is down, and hear hints again when it is up', async () => {
    const { runtime, ada, bob, message, busHub, n1, n2 } = await setUp()
    busHub.kill()
    await runtime.advance(SOON_MS)
    expect([n1.bus.state, n2.bus.state]).toEqual(['down', 'down'])
    for (const text of ['one', 'two', 'three']) {
      ada.say(message('g', text))
      await runtime.advance(DEFAULT_LIMITS.tailReadDownMs + SOON_MS)
      expect(bob.texts('g').at(-1)).toBe(text)
    }
    busHub.serve()
    await runtime.advance(5_000)
    expect([n1.bus.state, n2.bus.state]).toEqual(['up', 'up'])
    ada.say(message('g', 'four'))
    await runtime.advance(10)
    expect(bob.texts('g').at(-1)).toBe('four')
  })

  it('pass typing on, to all but whoever types', async () => {
    const { runtime, ada, bob, online } = await setUp()
    const phone = await online('ada')
    ada.say({ t: 'typing', conversation: 'g', active: true })
    await runtime.advance(SOON_MS)
    expect(bob.take('typing')).toEqual([{ t: 'typing', conversation: 'g', active: true, user: 'ada' }])
    expect([...ada.take('typing'), ...phone.take('typing')]).toEqual([])
  })

  it('tell the other devices of a user on other nodes how far it has read', async () => {
    const { runtime, ada, bob, online, message } = await setUp()
    ada.say(message('g', 'hello'))
    await runtime.advance(SOON_MS)
    const laptop = await online('bob')
    bob.say({ t: 'read', conversation: 'g', cursor: { 'r.a': 2 } })
    await runtime.advance(1_000 + SOON_MS)
    expect(laptop.events('@me').filter((event) => event.kind === 'read')).toMatchObject([
      { body: { read: { 'r.a': { seq: 2 } } } },
    ])
  })

  it('find what is committed between reading a state and being subscribed, however the reads fall', async () => {
    // n1 reads the state of eve, and it takes time; meanwhile bob says something on n2.
    for (const waitMs of [0, DEFAULT_LIMITS.tailReadMs + SOON_MS, 7_000]) {
      const { runtime, store, busHub, bob, connect, message, settle, n2 } = await setUp()
      busHub.blackHole('n1', 'in')
      const open = delayUsers(store)
      const eve = connect()
      eve.say(
        { t: 'hello', token: 'eve' },
        { t: 'resume', cursors: { '@me': { 'r.a': 1 }, g: { 'r.a': 1 } } },
      )
      await settle()
      bob.say(message('g', 'in between'))
      bob.say({
        t: 'send',
        conversation: 'h',
        clientId: message('h', '').clientId,
        kind: 'create',
        body: { type: 'group', members: [{ user: 'eve', role: 'member' }] },
      })
      await settle()
      await runtime.advance(waitMs)
      open()
      await settle()
      expect(n2.stats().state).toBe('running')
      await runtime.advance(DEFAULT_LIMITS.tailReadMs)
      expect(eve.texts('g')).toEqual(['in between'])
      expect(eve.events('@me').map(({ kind }) => kind)).toEqual(['joined'])
      // A state that was waited for too long is read again, and tells of the new conversation itself.
      const states = eve.take('conversations').flatMap(({ items }) => items)
      expect([
        ...eve.events('h').map(({ kind }) => kind),
        ...states.map(({ conversation }) => conversation),
      ]).toEqual([waitMs > 5_000 ? 'h' : 'create'])
    }
  })

  it('RES12: tell nothing twice to a client that comes from a node that was ahead of this one', async () => {
    const { runtime, busHub, ada, bob, message, online, settle, n2 } = await setUp()
    const eve = await online('eve')
    busHub.blackHole('n2', 'in')
    ada.say(message('g', 'ahead'))
    await settle()
    expect(eve.texts('g')).toEqual(['ahead'])
    expect(bob.texts('g')).toEqual([])
    const moved = await online('eve', { '@me': { 'r.a': 1 }, g: { 'r.a': 2 } }, n2)
    await runtime.advance(DEFAULT_LIMITS.tailReadMs)
    expect(bob.texts('g')).toEqual(['ahead'])
    expect([moved.texts('g'), moved.take('behind'), moved.take('reset')]).toEqual([[], [], []])
    ada.say(message('g', 'next'))
    await runtime.advance(DEFAULT_LIMITS.tailReadMs)
    expect(moved.texts('g')).toEqual(['next'])
  })

  it('do not take a cursor for void that is newer than the state read at hello', async () => {
    const { ada, connect, message, settle, n2 } = await setUp()
    const eve = connect(n2)
    eve.say({ t: 'hello', token: 'eve' })
    await settle()
    ada.say(message('g', 'heard on the old connection'))
    await settle()
    eve.say({ t: 'resume', cursors: { '@me': { 'r.a': 1 }, g: { 'r.a': 2 } } })
    await settle()
    expect(eve.take('resumed')).toHaveLength(1)
    expect([eve.take('reset'), eve.texts('g')]).toEqual([[], []])
  })

  it('keep a conversation live that had to be read for a resume, without a second round', async () => {
    const { runtime, ada, message, online, another, busHub } = await setUp()
    ada.say(message('g', 'one'), message('g', 'two'))
    await runtime.advance(SOON_MS)
    const n3 = await another('n3', busHub)
    await runtime.advance(SOON_MS)
    const eve = await online('eve', { '@me': { 'r.a': 1 }, g: { 'r.a': 1 } }, n3)
    expect([eve.texts('g'), eve.take('behind')]).toEqual([['one', 'two'], []])
    await runtime.advance(SOON_MS)
    ada.say(message('g', 'three'))
    await runtime.advance(SOON_MS)
    expect(eve.texts('g')).toEqual(['one', 'two', 'three'])
  })

  it('do not read again what they committed themselves', async () => {
    const bed = await setUpNode()
    const { runtime, store, online, group, message, settle } = bed
    const ada = await online('ada')
    await group(ada, 'g', ['bob'])
    await runtime.advance(DEFAULT_LIMITS.tailReadMs)
    const tail = vi.spyOn(store, 'tail')
    for (let round = 0; round < 5; round++) {
      ada.say(...Array.from({ length: 40 }, (_, index) => message('g', `${round} ${index}`)))
      await group(ada, `h${round}`, ['bob', 'eve'])
      await settle()
      await runtime.advance(DEFAULT_LIMITS.tailReadMs)
    }
    const pages = await Promise.all(
      tail.mock.results.map(({ value }) => value as ReturnType<typeof store.tail>),
    )
    expect(pages.length).toBeGreaterThanOrEqual(5)
    expect(pages.flatMap(({ heads }) => heads)).toEqual([])
  })

  it('hear nothing of a node that tells what an earlier incarnation held', async () => {
    const { runtime, busHub, bob } = await setUp()
    const slept = memoryBus(busHub, { node: 'n9', runtime })
    slept.start({ onHints: () => {}, onMessage: () => {}, onState: () => {} })
    await runtime.advance(SOON_MS)
    assert(slept.state === 'up', 'the ninth node is on the bus')
    slept.publish([
      {
        app: 'app',
        conversation: 'g',
        lane: 0,
        laneOffset: 1,
        event: {
          origin: 'r.before',
          seq: 1,
          hlc: 1,
          sender: 'ada',
          clientId: '0190f3a4-0000-7000-8000-0000000000ff',
          kind: 'message',
          body: { text: 'lost' },
          count: 1,
          at: 1,
        },
      },
    ])
    await runtime.advance(1_000)
    expect(bob.texts('g')).toEqual([])
  })

  it('keep storms of new sessions to few reads of the tail', async () => {
    const { runtime, store, connect, settle } = await setUp()
    const tail = vi.spyOn(store, 'tail')
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 5; i++)
        connect().say({ t: 'hello', token: `user${round}x${i}` }, { t: 'resume', cursors: {} })
      await settle()
      await runtime.advance(10)
    }
    expect(tail.mock.calls.length).toBeLessThanOrEqual(12)
  })
})

describe('a node that begins another log', () => {
  it('repairs what was committed by others before it reads that log’s tail', async () => {
    const { runtime, store, online, ada, busHub, message, another } = await setUp()
    store.database.failover({ lose: 0, incarnation: 'b' })
    const laneVector = store.laneVector.bind(store)
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => (open = resolve))
    vi.spyOn(store, 'laneVector').mockImplementation(async () => {
      await gate
      return laneVector()
    })
    await runtime.advance(1_500)
    expect(ada.closedWith).toBe(4202)
    const again = await online('ada', { '@me': { 'r.a': 1 }, g: { 'r.a': 1 } })
    busHub.blackHole('n1', 'in')
    const n3 = await another('n3', busHub)
    await runtime.advance(SOON_MS)
    const bob = await online('bob', {}, n3)
    bob.say(message('g', 'before the tail'))
    await runtime.advance(SOON_MS)
    expect(again.texts('g')).toEqual([])
    open()
    await runtime.advance(SOON_MS)
    expect(again.texts('g')).toEqual(['before the tail'])
  })
})
