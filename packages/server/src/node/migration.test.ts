import { CLOSE } from '@skein/protocol'
import { describe, expect, it } from 'vitest'
import type { ChatNode } from './chat-node.ts'
import { setUp, type FakeClient } from './testing/node-bed.ts'

const WITHIN_MS = 8_000
const everybody = { count: 1_000, withinMs: WITHIN_MS, node: 'n2', reason: 'n1 is draining' }

type Bed = Awaited<ReturnType<typeof setUp>>
type Cursors = Record<string, Record<string, number>>

/** Says hello as an instance of a client, as the SDK does. */
async function arrive(
  bed: Bed,
  user: string,
  instance: string,
  { cursors = {}, on = bed.node }: { cursors?: Cursors; on?: ChatNode } = {},
): Promise<FakeClient> {
  const client = bed.connect(on)
  client.say({ t: 'hello', token: user, instance }, { t: 'resume', cursors })
  await bed.settle()
  return client
}

describe('HELLO8 one connection for each instance of a client', () => {
  it('HELLO8 closes the older one, with 4203, and serves the newer', async () => {
    const bed = await setUp()
    const old = await arrive(bed, 'ada', 'tab-1')
    const next = await arrive(bed, 'ada', 'tab-1')
    expect(old.closedWith).toBe(CLOSE.superseded)
    expect(old.take('error')).toMatchObject([{ code: 'unavailable' }])
    expect(next.closedWith).toBeUndefined()
    expect(bed.node.sessionCount).toBe(1)
  })

  it('HELLO8 leaves other instances, other users and clients without a name alone', async () => {
    const bed = await setUp()
    const others = [
      await arrive(bed, 'ada', 'tab-2'),
      await arrive(bed, 'bob', 'tab-1'),
      await bed.online('ada'),
      await bed.online('ada'),
      await arrive(bed, 'ada', 'tab-1'),
    ]
    expect(others.map(({ closedWith }) => closedWith)).toEqual(others.map(() => undefined))
  })

  it('HELLO8 a bad token supersedes nobody', async () => {
    const bed = await setUp()
    const ada = await arrive(bed, 'ada', 'tab-1')
    const bad = await arrive(bed, 'bad', 'tab-1')
    expect([ada.closedWith, bad.closedWith]).toEqual([undefined, CLOSE.unauthenticated])
  })

  it('HELLO8 the name is free again when its connection has ended', async () => {
    const bed = await setUp()
    const first = await arrive(bed, 'ada', 'tab-1')
    first.handler.closed()
    const second = await arrive(bed, 'ada', 'tab-1')
    const third = await arrive(bed, 'ada', 'tab-1')
    expect([first, second, third].map(({ closedWith }) => closedWith)).toEqual([
      undefined,
      CLOSE.superseded,
      undefined,
    ])
  })

  it('HELLO8 of two whose tokens were checked in another order the one that was opened first ends', async () => {
    const bed = await setUp()
    const early = bed.connect()
    const late = await arrive(bed, 'ada', 'tab-1')
    early.say({ t: 'hello', token: 'ada', instance: 'tab-1' })
    await bed.settle()
    expect([early.closedWith, late.closedWith]).toEqual([CLOSE.superseded, undefined])
  })

  it('HELLO8 MIG5 does not close who was told to migrate, even when it comes back to the same node', async () => {
    const bed = await setUp()
    const old = await arrive(bed, 'ada', 'tab-1')
    expect(bed.node.migrate(everybody)).toBe(1)
    const next = await arrive(bed, 'ada', 'tab-1')
    expect([old.closedWith, next.closedWith]).toEqual([undefined, undefined])
    old.handler.closed()
    const third = await arrive(bed, 'ada', 'tab-1')
    expect([next.closedWith, third.closedWith]).toEqual([CLOSE.superseded, undefined])
  })
})

describe('asking sessions to migrate', () => {
  it('MIG1 MIG4 MIG5 a move to another node of the same log: served by both, then closed by the client', async () => {
    const bed = await setUp()
    const { node, settle, message, group } = bed
    const other = await bed.another('n2', bed.busHub)
    const ada = await arrive(bed, 'ada', 'a')
    const bob = await arrive(bed, 'bob', 'b')
    await group(ada, 'g', ['bob'])
    expect(node.migrate({ ...everybody, url: 'wss://n2.example.com/v1/connect' })).toBe(2)
    await settle()
    expect(bob.take('migrate')).toEqual([
      {
        t: 'migrate',
        withinMs: WITHIN_MS,
        node: 'n2',
        url: 'wss://n2.example.com/v1/connect',
        reason: 'n1 is draining',
      },
    ])

    ada.say(message('g', 'on the old one'))
    const own = message('g', 'sent by who is leaving')
    bob.say(own, { t: 'ping', n: 1 })
    await settle()
    expect(bob.texts('g')).toEqual(['on the old one', 'sent by who is leaving'])
    expect(bob.take('ack')).toMatchObject([{ clientId: own.clientId }])
    expect(bob.take('pong')).toHaveLength(1)

    const cursors = { '@me': { 'r.a': 1 }, g: { 'r.a': 2 } }
    const moved = await arrive(bed, 'bob', 'b', { cursors, on: other })
    expect(moved.texts('g')).toEqual(['sent by who is leaving'])
    expect(moved.take('resumed')).toHaveLength(1)
    expect(bob.closedWith).toBeUndefined()
    bob.handler.closed()
    expect([node.sessionCount, node.leavingCount, other.sessionCount]).toEqual([1, 1, 1])
  })

  it('MIG1 MIG11 asks only those who are resumed', async () => {
    const bed = await setUp()
    bed.connect()
    bed.connect().say({ t: 'hello', token: 'ada' })
    await bed.settle()
    const bob = await bed.online('bob')
    expect(bed.node.migrate(everybody)).toBe(1)
    await bed.settle()
    expect(bob.take('migrate')).toHaveLength(1)
    expect([bed.node.sessionCount, bed.node.leavingCount]).toEqual([3, 1])
  })

  it('MIG11 asks no more than told, none twice within the time, and all in the end', async () => {
    const bed = await setUp()
    const clients = await Promise.all(Array.from({ length: 10 }, (_, index) => bed.online(`u${index}`)))
    const asked = () => clients.map((client) => client.take('migrate').length)
    expect(bed.node.migrate({ ...everybody, count: 4 })).toBe(4)
    await bed.settle()
    const first = asked()
    expect(bed.node.migrate({ ...everybody, count: 4 })).toBe(4)
    expect(bed.node.migrate({ ...everybody, count: 4 })).toBe(2)
    expect(bed.node.migrate({ ...everybody, count: 4 })).toBe(0)
    await bed.settle()
    expect(asked()).toEqual(clients.map(() => 1))
    expect(bed.node.leavingCount).toBe(10)
    // Not simply those that came first.
    expect(first).not.toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
  })

  it('MIG8 MIG11 asks again who is still here when the time is over, after those who were never asked', async () => {
    const bed = await setUp()
    const stays = await bed.online('ada')
    bed.node.migrate(everybody)
    await bed.runtime.advance(WITHIN_MS / 2)
    const later = await bed.online('bob')
    bed.node.migrate({ ...everybody, count: 1 })
    await bed.runtime.advance(WITHIN_MS / 2 + 1)
    expect([stays, later].map((client) => client.take('migrate').length)).toEqual([1, 1])
    expect(bed.node.leavingCount).toBe(1)
    const fresh = await bed.online('cid')
    expect(bed.node.migrate({ ...everybody, count: 1 })).toBe(1)
    await bed.settle()
    expect(fresh.take('migrate')).toHaveLength(1)
    expect(bed.node.migrate(everybody)).toBe(1)
    await bed.settle()
    expect([stays, later].map((client) => client.take('migrate').length)).toEqual([2, 1])
  })

  it('MIG11 lets those who are left go elsewhere, with the reason', async () => {
    const bed = await setUp()
    const ada = await bed.online('ada')
    bed.node.dismissRest('n1 is being replaced')
    expect(ada.closedWith).toBe(CLOSE.draining)
    expect(bed.node.sessionCount).toBe(0)
    await bed.settle()
    expect(ada.take('error')).toMatchObject([{ code: 'draining', message: 'n1 is being replaced' }])
  })
})
