import { CLOSE } from '@skein/protocol'
import { describe, expect, it, vi } from 'vitest'
import { setUp, type FakeClient } from './testing/node-bed.ts'

const closings = (clients: readonly FakeClient[]) => clients.map(({ closedWith }) => closedWith)
const returning = { t: 'resume', cursors: { '@me': { 'r.a': 0 } } } as const

describe('how many may come', () => {
  it('HELLO9 tells those beyond the rate when to come, each another moment, and takes them then', async () => {
    const bed = await setUp({ acceptPerSecond: 10, acceptBurst: 5 })
    const clients = Array.from({ length: 8 }, () => bed.connect())
    for (const [index, client] of clients.entries()) client.say({ t: 'hello', token: `u${index}` })
    await bed.settle()
    expect(closings(clients)).toEqual([...Array(5).fill(undefined), ...Array(3).fill(CLOSE.overloaded)])
    const told = clients.slice(5).flatMap((client) => client.take('error'))
    expect(told.map(({ code }) => code)).toEqual(['overloaded', 'overloaded', 'overloaded'])
    const waits = told.map(({ retryAfterMs = 0 }) => retryAfterMs)
    expect(new Set(waits).size).toBe(3)
    expect(bed.node.stats().counters).toMatchObject({ accepted: 5, turnedAway: 3 })

    await bed.runtime.advance(Math.max(...waits))
    for (const user of ['u5', 'u6', 'u7']) await bed.online(user)
    expect(bed.node.sessionCount).toBe(8)
  })

  it('HELLO9 takes twice as many who return: who says so in the message of its hello', async () => {
    const bed = await setUp({ acceptPerSecond: 1, acceptBurst: 2 })
    const clients = Array.from({ length: 5 }, () => bed.connect())
    for (const [index, client] of clients.entries()) client.say({ t: 'hello', token: `u${index}` }, returning)
    await bed.settle()
    expect(closings(clients)).toEqual([...Array(4).fill(undefined), CLOSE.overloaded])
  })

  it('HELLO9 asks neither the store nor for a token check about those whom it sends away', async () => {
    const bed = await setUp({ acceptPerSecond: 1, acceptBurst: 1 })
    await bed.online('ada')
    const users = vi.spyOn(bed.store, 'users')
    const late = bed.connect()
    late.say({ t: 'hello', token: 'bad' }, returning)
    await bed.settle()
    expect(late.take('error')).toMatchObject([{ code: 'overloaded' }])
    expect(users).not.toHaveBeenCalled()
  })

  it('a storm of returning clients costs the store few reads', async () => {
    const bed = await setUp()
    const ada = await bed.online('ada')
    const names = Array.from({ length: 300 }, (_, index) => `u${index}`)
    await bed.group(ada, 'g', names.slice(0, 100))
    const users = vi.spyOn(bed.store, 'users')
    const read = vi.spyOn(bed.store, 'read')
    const back: FakeClient[] = []
    for (const [index, name] of names.entries()) {
      const client = bed.connect()
      client.say({ t: 'hello', token: name }, { t: 'resume', cursors: { '@me': { 'r.a': 0 } } })
      back.push(client)
      if (index % 3 === 0) await bed.runtime.advance(2)
    }
    await bed.runtime.advance(1_000)
    expect(back.filter((client) => client.take('resumed').length === 1)).toHaveLength(300)
    expect(users.mock.calls.length + read.mock.calls.length).toBeLessThanOrEqual(30)
  })
})

describe('a node that is leaving', () => {
  it('HELLO10 sends new clients elsewhere, before they say anything; those who are here stay', async () => {
    const bed = await setUp()
    const ada = await bed.online('ada')
    const waiting = bed.connect()
    bed.node.closeAdmission('n1 is draining')
    const late = bed.connect()
    waiting.say({ t: 'hello', token: 'bob' })
    await bed.settle()
    expect(closings([ada, waiting, late])).toEqual([undefined, CLOSE.draining, CLOSE.draining])
    for (const client of [waiting, late]) {
      expect(client.take('error')).toMatchObject([{ code: 'draining', message: 'n1 is draining' }])
      expect(client.take('error')[0]?.retryAfterMs).toBeLessThanOrEqual(1_000)
    }
    expect(bed.node.stats().counters.accepted).toBe(1)
  })

  it('HELLO10 takes clients again when it stays after all, unless it has stopped', async () => {
    const bed = await setUp()
    bed.node.closeAdmission('n1 is draining')
    bed.node.openAdmission()
    await bed.online('ada')
    void bed.node.stop(0)
    bed.node.openAdmission()
    expect(bed.connect().closedWith).toBe(CLOSE.draining)
  })
})

describe('a node that must not write', () => {
  it('refuses sends with a code that leads elsewhere, serves all else, and writes again when it may', async () => {
    const bed = await setUp()
    const ada = await bed.online('ada')
    await bed.group(ada, 'g', ['bob'])
    bed.node.suspendWrites('its clock is 7 s ahead')
    const send = bed.message('g', 'hello')
    ada.say(send, { t: 'ping', n: 1 })
    await bed.settle()
    expect(ada.take('refused')).toMatchObject([{ clientId: send.clientId, code: 'draining' }])
    expect(ada.take('refused')[0]?.message).toContain('its clock is 7 s ahead')
    expect(ada.take('pong')).toHaveLength(1)
    expect(ada.closedWith).toBeUndefined()

    bed.node.suspendWrites(undefined)
    ada.say(send)
    await bed.settle()
    expect(ada.texts('g')).toEqual(['hello'])
  })
})
