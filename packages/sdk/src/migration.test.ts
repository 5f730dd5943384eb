import { describe, expect, test } from 'vitest'
import type { Migrate } from '@skein/protocol'
import { message, ORIGIN, welcome, type FakeConnection } from './testing/fake-server.ts'
import { ackOf, scriptedClient, told, type Scripted } from './testing/scripted-client.ts'

const WITHIN_MS = 8_000
const migrate = (fields: Partial<Migrate> = {}): Migrate => ({
  t: 'migrate',
  withinMs: WITHIN_MS,
  reason: 'draining',
  node: 'n2',
  ...fields,
})

interface Moving extends Scripted {
  readonly old: FakeConnection
  readonly next: FakeConnection
}

/** Told to move, and the new connection is open: hello and resume are said there. */
async function moving(
  fields: Partial<Migrate> = {},
  urls: readonly string[] = ['ws://one'],
): Promise<Moving> {
  const all = await scriptedClient({ url: urls })
  const old = all.server.last
  old.say(migrate(fields))
  await all.runtime.advance(WITHIN_MS / 4)
  const next = all.server.last
  expect(next).not.toBe(old)
  next.open()
  return { ...all, old, next }
}

const textsOf = (connection: FakeConnection): unknown[] =>
  connection.take('send').map(({ body }) => body['text'])

/** What was sent and never acknowledged by the old connection. */
async function withUnanswered(...texts: string[]): Promise<Moving> {
  const all = await scriptedClient()
  const old = all.server.last
  for (const text of texts) all.client.conversation('g').send(text)
  await all.runtime.settle()
  old.say(migrate({ withinMs: 4_000 }))
  await all.runtime.advance(1_000)
  const next = all.server.last
  next.open()
  return { ...all, old, next }
}

describe('make-before-break', () => {
  test('MIG2 MIG5 opens beside the old one, resumes there, then closes the old one; the app sees nothing', async () => {
    const { runtime, server, client, seen, old, next } = await moving()
    expect(next.url).toBe('ws://one?node=n2')
    const [hello] = next.take('hello')
    expect(hello?.instance).toBe(old.take('hello')[0]?.instance)
    expect(hello?.instance).toMatch(/./)
    expect(next.take('resume')[0]?.cursors).toEqual({ '@me': { [ORIGIN]: 5 }, g: { [ORIGIN]: 3 } })
    old.say(told(4))
    next.say(welcome('ann'), told(4, 5))
    old.say(told(5, 6))
    expect(old.closed).toBeUndefined()
    next.say({ t: 'resumed' })
    expect(old.closed).toEqual({ code: 1000, reason: 'moved' })
    next.say(told(6, 7))
    client.conversation('g').send('after')
    await runtime.settle()
    expect(textsOf(next)).toEqual(['after'])
    expect(seen).toMatchObject({ events: [4, 5, 6, 7], status: [], warnings: [] })
    expect([client.connection.state, server.connections.length]).toEqual(['online', 2])
  })

  test('the status names the node that serves, and a move changes it without an event', async () => {
    const { client, old, next, seen } = await moving()
    expect(client.connection).toEqual({ state: 'online', node: 'n1' })
    next.say(welcome('ann', { node: 'n2' }), { t: 'resumed' })
    expect(old.closed?.code).toBe(1000)
    expect(client.connection).toEqual({ state: 'online', node: 'n2' })
    expect(seen.status).toEqual([])
  })

  test('MIG3 sends go by the old one until the new one is welcomed, then by the new one only', async () => {
    const { runtime, client, old, next } = await moving()
    client.conversation('g').send('before')
    await runtime.settle()
    expect([textsOf(old), textsOf(next)]).toEqual([['before'], []])
    next.say(welcome('ann'))
    client.conversation('g').send('behind')
    await runtime.settle()
    expect([textsOf(old), textsOf(next)]).toEqual([[], ['before', 'behind']])
  })

  test('MIG4 an acknowledgement by the old one counts after the move, and each state is told once', async () => {
    const { runtime, seen, old, next } = await withUnanswered('one', 'two')
    const [one, two] = old.take('send')
    next.say(welcome('ann'))
    await runtime.settle()
    const again = next.take('send')
    expect(again.map(({ clientId, after }) => [clientId, after])).toEqual([
      [one!.clientId, undefined],
      [two!.clientId, one!.clientId],
    ])
    old.say(ackOf(one!, 4))
    next.say(ackOf(one!, 4), ackOf(two!, 5), { t: 'resumed' })
    old.say(ackOf(two!, 5))
    await runtime.settle()
    const statesOf = (clientId: string) =>
      seen.messages.filter((told) => told.clientId === clientId).map(({ state }) => state)
    expect(statesOf(one!.clientId)).toEqual(['queued', 'sent', 'stable'])
    expect(statesOf(two!.clientId)).toEqual(['queued', 'sent', 'stable'])
  })

  test('MIG4 what the old one refuses after the move is decided by the new one', async () => {
    const { runtime, seen, old, next } = await withUnanswered('one')
    const [send] = old.take('send')
    next.say(welcome('ann'))
    const { conversation, clientId } = send!
    old.say({ t: 'refused', conversation, clientId, code: 'draining', message: 'too late' })
    await runtime.settle()
    expect(textsOf(next)).toEqual(['one'])
    next.say(ackOf(send!, 4), { t: 'resumed' })
    expect(seen.messages.map(({ state }) => state)).toEqual(['queued', 'sent', 'stable'])
  })

  test('a question that the old one does not answer any more is asked by the new one', async () => {
    const { runtime, client, old, next } = await moving()
    const opened = client.conversation('g').open()
    await runtime.settle()
    expect(old.take('history')).toHaveLength(1)
    next.say(welcome('ann'), { t: 'resumed' })
    await runtime.settle()
    const [history] = next.take('history')
    next.say({ t: 'historyPage', requestId: history!.requestId, conversation: 'g', events: [], more: false })
    await opened
  })

  test('a question is answered by the old one while it is there', async () => {
    const { runtime, client, old, next } = await moving()
    const opened = client.conversation('g').open()
    await runtime.settle()
    const [history] = old.take('history')
    next.say(welcome('ann'))
    old.say({ t: 'historyPage', requestId: history!.requestId, conversation: 'g', events: [], more: false })
    await opened
    expect(next.take('history')).toEqual([])
  })

  test('RES5 what the old one was asked to catch up is told by the resume', async () => {
    const { runtime, seen, old, next } = await moving()
    old.say({ t: 'behind', conversations: ['g'] })
    await runtime.settle()
    expect(old.take('sync')).toHaveLength(1)
    next.say(welcome('ann'), told(4, 5), { t: 'resumed' })
    await runtime.settle()
    expect([seen.events, next.take('sync')]).toEqual([[4, 5], []])
  })

  test('RES11 what became durable by the old one after the hello is asked again, so that stable is learned', async () => {
    const { runtime, old, next } = await withUnanswered('one')
    const [send] = old.take('send')
    expect(next.take('resume')[0]?.unstable).toBeUndefined()
    old.say(ackOf(send!, 4, 'durable'))
    next.say(welcome('ann'), { t: 'resumed' })
    await runtime.settle()
    expect(textsOf(next)).toEqual(['one'])
  })

  test('RES6 a new one that voids what is held goes on alone', async () => {
    const { runtime, seen, old, next } = await moving()
    next.say(welcome('ann'), { t: 'reset', conversation: 'g', cursor: { 'local.b2': 1 } })
    expect(old.closed?.code).toBe(1000)
    next.say({
      t: 'events',
      conversation: 'g',
      events: [message(2, 'bob', { origin: 'local.b2' })],
    })
    next.say({ t: 'resumed' })
    await runtime.settle()
    expect([seen.events, seen.status]).toEqual([[2], []])
  })
})

describe('MIG1 where to', () => {
  test('an address that is told is used as it is, and remembered by nobody', async () => {
    const { runtime, server, next } = await moving({ url: 'ws://two/direct' }, ['ws://one', 'ws://three'])
    expect(next.url).toBe('ws://two/direct')
    next.say(welcome('ann'), { t: 'resumed' })
    await runtime.advance(2_000)
    next.close(1006)
    await runtime.advance(100)
    expect(['ws://one', 'ws://three']).toContain(server.last.url)
  })

  test('without a hint another of the own endpoints', async () => {
    const all = await scriptedClient({ url: ['ws://one', 'ws://two'] })
    const first = all.server.last
    first.say({ t: 'migrate', withinMs: 100, reason: 'rebalancing' })
    await all.runtime.advance(25)
    expect(new Set(all.server.connections.map(({ url }) => url)).size).toBe(2)
  })

  test('is ignored by who is not online', async () => {
    const { runtime, server } = await scriptedClient()
    server.last.close(1006)
    await runtime.advance(100)
    server.last.open()
    server.last.say(welcome('ann'), migrate())
    server.last.say({ t: 'resumed' })
    await runtime.advance(WITHIN_MS)
    expect(server.connections).toHaveLength(2)
  })
})

describe('when the new one cannot be had', () => {
  test('MIG6 the old one serves on, and it is tried again while there is time', async () => {
    const { runtime, server, client, seen, old, next } = await moving()
    next.close(1006)
    client.conversation('g').send('meanwhile')
    await runtime.settle()
    const [send] = old.take('send')
    old.say(told(4), ackOf(send!, 5))
    await runtime.advance(1_000)
    expect(server.connections).toHaveLength(3)
    server.last.accept('ann')
    expect([old.closed?.code, seen.events, seen.status]).toEqual([1000, [4], []])
  })

  test('MIG6 after the time that was given no attempt begins; the old one stays until it ends', async () => {
    const { runtime, server, client, seen } = await moving({ withinMs: 4_000 })
    const [old] = server.connections
    for (let i = 0; i < 4; i++) {
      if (server.last !== old && server.last.closed === undefined) server.last.close(1006)
      await runtime.advance(2_000)
    }
    const attempts = server.connections.length
    await runtime.advance(10_000)
    expect([server.connections.length, client.connection.state, seen.status]).toEqual([
      attempts,
      'online',
      [],
    ])
    old!.close(4300)
    await runtime.advance(100)
    expect(server.connections).toHaveLength(attempts + 1)
  })

  test('MIG6 one that is silent is given up', async () => {
    const { runtime, seen, old, next } = await moving()
    await runtime.advance(5_000)
    expect([next.closed?.code, old.closed, seen.status]).toEqual([1000, undefined, []])
  })

  test('MIG6 one that dies after its welcome: everything unanswered goes by the old one again, in order', async () => {
    const { runtime, client, seen, old, next } = await withUnanswered('one', 'two')
    old.take('send')
    next.say(welcome('ann'))
    client.conversation('g').send('three')
    await runtime.settle()
    expect(textsOf(next)).toEqual(['one', 'two', 'three'])
    next.close(1006)
    await runtime.settle()
    const again = old.take('send')
    expect(again.map(({ body }) => body['text'])).toEqual(['one', 'two', 'three'])
    old.say(...again.map((send, index) => ackOf(send, 4 + index)), told(7))
    await client.flushed()
    expect(seen.status).toEqual([])
  })

  test('what was passed over while sends went by the new one is asked of the old one', async () => {
    const { runtime, client, old, next } = await moving()
    old.say({ t: 'behind', conversations: ['g'] })
    await runtime.settle()
    old.take('sync')
    next.say(welcome('ann'))
    const body = { conversation: 'h', type: 'group', role: 'member', from: {}, read: {} }
    old.say({
      t: 'events',
      conversation: '@me',
      events: [message(6, 'bob', { kind: 'joined', body, count: 0 })],
    })
    next.close(1006)
    await runtime.settle()
    const asked = old.take('sync')
    expect(asked.map(({ conversation }) => conversation).sort()).toEqual(['@me', 'g'])
    const me = asked.find(({ conversation }) => conversation === '@me')
    old.say({
      t: 'syncPage',
      requestId: me!.requestId,
      conversation: '@me',
      events: [message(6, 'bob', { kind: 'joined', body, count: 0 })],
      cursor: { [ORIGIN]: 6 },
      more: false,
    })
    expect(client.conversation('h').joined).toBe(true)
  })

  test('a silent new one is found within 3 s when a send waits', async () => {
    const { runtime, old, next } = await withUnanswered('one')
    next.say(welcome('ann'))
    await runtime.advance(3_100)
    expect([next.closed?.code, old.closed]).toEqual([1000, undefined])
  })
})

describe('MIG7 when the old one ends first', () => {
  test('a new one that is welcomed goes on alone, and the app sees nothing', async () => {
    const { runtime, client, seen, old, next } = await withUnanswered('one')
    next.say(welcome('ann'))
    old.close(1006)
    await runtime.settle()
    expect(client.connection.state).toBe('online')
    const [send] = next.take('send')
    next.say(told(4), ackOf(send!, 5), { t: 'resumed' })
    await client.flushed()
    next.say(told(6))
    await runtime.settle()
    expect([seen.status, client.connection.state]).toEqual([[], 'online'])
  })

  test('one that is not welcomed yet becomes the attempt', async () => {
    const { runtime, server, client, seen, old, next } = await withUnanswered('one')
    old.close(1006)
    expect(client.connection.state).toBe('connecting')
    next.say(welcome('ann'))
    await runtime.settle()
    expect(textsOf(next)).toEqual(['one'])
    next.say({ t: 'resumed' })
    await runtime.settle()
    expect([seen.status, server.connections.length]).toEqual([['connecting', 'online'], 2])
  })

  test('the old one fell silent: its end is found while the new one is under way', async () => {
    const { runtime, client, old, next } = await withUnanswered('one')
    await runtime.advance(2_100)
    expect([old.closed?.code, client.connection.state]).toEqual([1000, 'connecting'])
    next.say(welcome('ann'), { t: 'resumed' })
    expect(client.connection.state).toBe('online')
  })
})

describe('MIG8 another migrate', () => {
  test('takes the place of the one before', async () => {
    const { runtime, server, seen, old, next } = await withUnanswered('one')
    next.say(welcome('ann'))
    await runtime.settle()
    old.say(migrate({ node: 'n3', withinMs: 400 }))
    expect(next.closed?.code).toBe(1000)
    await runtime.advance(100)
    const third = server.last
    expect(third.url).toBe('ws://one?node=n3')
    third.accept('ann')
    await runtime.settle()
    expect([textsOf(third), old.closed?.code, seen.status]).toEqual([['one'], 1000, []])
  })

  test('by the new one, once it serves, moves on from there', async () => {
    const { runtime, server, next } = await moving()
    next.say(welcome('ann'), { t: 'resumed' })
    next.say(migrate({ node: 'n3', withinMs: 400 }))
    await runtime.advance(100)
    server.last.accept('ann')
    expect([server.connections.length, next.closed?.code]).toEqual([3, 1000])
  })
})

describe('fail-over', () => {
  const URLS = ['ws://one', 'ws://two', 'ws://three']

  test('the next one at once when one dies, and nobody is asked twice', async () => {
    const { runtime, server, client } = await scriptedClient({ url: URLS })
    server.last.close(1006)
    await runtime.advance(100)
    server.last.close(1006)
    await runtime.advance(100)
    server.last.accept('ann')
    expect(new Set(server.connections.map(({ url }) => url)).size).toBe(3)
    expect(client.connection.state).toBe('online')
  })

  test('one that accepts and stays silent is left after 2.5 s', async () => {
    const { runtime, server } = await scriptedClient({ url: URLS })
    server.last.close(1006)
    await runtime.advance(100)
    const silent = server.last
    silent.open()
    await runtime.advance(2_500 + 100)
    expect(silent.closed).toBeDefined()
    expect(server.last.url).not.toBe(silent.url)
  })

  test('HELLO8 4203 is retried: whoever took the name over may be gone', async () => {
    const { runtime, server } = await scriptedClient()
    server.last.close(4203)
    await runtime.advance(100)
    expect(server.connections).toHaveLength(2)
  })
})
