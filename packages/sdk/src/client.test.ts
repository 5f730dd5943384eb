import { describe, expect, test } from 'vitest'
import {
  directConversationId,
  type ConversationState,
  type Event,
  type Send,
  type ServerFrame,
} from '@skein/protocol'
import type { ClientEvents, ClientOptions } from './api.ts'
import { createClient } from './client.ts'
import { memoryOutboxStorage } from './outbox/memory.ts'
import { FakeServer, message, ORIGIN, welcome } from './testing/fake-server.ts'
import { manualRuntime } from './testing/manual-runtime.ts'

const state = (
  conversation: string,
  head: number,
  fields: Partial<ConversationState> = {},
): ConversationState => ({
  conversation,
  type: 'group',
  role: 'member',
  from: {},
  heads: { [ORIGIN]: { seq: head, count: head } },
  read: { [ORIGIN]: { seq: head, count: head } },
  ...fields,
})

const fresh = (...items: ConversationState[]): ServerFrame[] => [
  { t: 'reset', conversation: '@me', cursor: { [ORIGIN]: 5 } },
  { t: 'conversations', items },
]

const ackOf = (send: Send, seq: number, level: 'durable' | 'stable' = 'stable'): ServerFrame => ({
  t: 'ack',
  conversation: send.conversation,
  clientId: send.clientId,
  level,
  origin: ORIGIN,
  seq,
  hlc: seq * 1024,
  at: seq,
})

const eventOf = (send: Send, sender: string, seq: number): Event =>
  message(seq, sender, { clientId: send.clientId, kind: send.kind, body: send.body })

const events = (conversation: string, ...list: Event[]): ServerFrame => ({
  t: 'events',
  conversation,
  events: list,
})

async function start(options: Partial<ClientOptions> = {}) {
  const runtime = manualRuntime()
  const server = new FakeServer()
  const client = createClient({
    url: 'ws://one',
    user: 'ann',
    token: 'token',
    runtime,
    transport: server.transport,
    outbox: memoryOutboxStorage(),
    ...options,
  })
  const seen: { [N in keyof ClientEvents]: ClientEvents[N][] } = {
    connection: [],
    conversations: [],
    timeline: [],
    event: [],
    typing: [],
    message: [],
    reset: [],
    warning: [],
  }
  client.on('event', (event) => seen.event.push(event))
  client.on('message', (event) => seen.message.push(event))
  client.on('reset', (event) => seen.reset.push(event))
  client.on('warning', (event) => seen.warning.push(event))
  client.on('connection', (event) => seen.connection.push(event))
  client.on('typing', (event) => seen.typing.push(event))
  client.on('timeline', (event) => seen.timeline.push(event))
  client.on('conversations', (event) => seen.conversations.push(event))
  await runtime.settle()
  return { runtime, server, client, seen }
}

async function online(...items: ConversationState[]) {
  const all = await start()
  all.server.last.accept('ann', ...fresh(...items))
  await all.runtime.settle()
  return all
}

const seqs = (list: ClientEvents['event'][]): number[] => list.map(({ event }) => event.seq)

describe('connecting', () => {
  test('says hello and resume in one message as soon as it is open', async () => {
    const { server, client } = await start()
    expect(client.connection).toEqual({ state: 'connecting' })
    server.last.open()
    expect(server.last.take('hello')).toMatchObject([{ token: 'token' }])
    expect(server.last.take('resume')).toEqual([{ t: 'resume', cursors: {} }])
  })

  test('is online once everything missed has been told', async () => {
    const { server, client, runtime } = await start()
    server.last.open()
    server.last.say(welcome('ann'))
    expect(client.connection.state).toBe('connecting')
    server.last.say(...fresh(), { t: 'resumed' })
    await runtime.settle()
    expect(client.connection.state).toBe('online')
  })

  test('comes back after a lost connection and names what it holds', async () => {
    const { server, runtime } = await online(state('g', 3))
    server.last.say(events('g', message(4, 'bob')))
    await runtime.advance(2_000)
    server.last.close(1006)
    await runtime.advance(100)
    expect(server.connections).toHaveLength(2)
    server.last.open()
    expect(server.last.take('resume')[0]?.cursors).toEqual({ '@me': { [ORIGIN]: 5 }, g: { [ORIGIN]: 4 } })
  })

  test('tries the next URL when one fails', async () => {
    const { server, runtime } = await start({ url: ['ws://one', 'ws://two'] })
    server.last.close(1006)
    await runtime.advance(1_000)
    expect(new Set(server.connections.map(({ url }) => url)).size).toBe(2)
  })

  test('a process that had no time reads what lies unread before it gives the server up', async () => {
    const runtime = manualRuntime()
    const server = new FakeServer()
    const { transport } = server
    const client = createClient({ url: 'ws://one', user: 'ann', token: 'token', runtime, transport })
    await runtime.settle()
    runtime.stall(60_000)
    runtime.timers.after(0, () => server.last.accept('ann'))
    await runtime.advance(0)
    expect(client.connection.state).toBe('online')
    await client.stop()
  })

  test('finds a silent death within three seconds while a send is pending', async () => {
    const { server, client, runtime } = await online(state('g', 3))
    await runtime.advance(3_000)
    client.conversation('g').send('hi')
    await runtime.advance(3_000)
    expect(server.connections[0]?.closed).toBeDefined()
  })

  test('waits as long as the server says', async () => {
    const { server, runtime } = await online()
    server.last.say({ t: 'error', code: 'overloaded', message: 'later', retryAfterMs: 5_000 })
    server.last.close(4400)
    await runtime.advance(4_900)
    expect(server.connections).toHaveLength(1)
    await runtime.advance(700)
    expect(server.connections).toHaveLength(2)
  })

  test('a fixed token that is refused needs the app', async () => {
    const { server, client } = await start()
    server.last.open()
    server.last.close(4101, 'expired')
    expect(client.connection).toEqual({ state: 'refused', reason: 'expired (4101)' })
  })

  test('renews the token on the live connection at 80 % of its life', async () => {
    let issued = 0
    const { server, runtime } = await start({ token: () => `token-${++issued}` })
    server.last.open()
    server.last.say(welcome('ann', { lifeMs: 10_000 }), { t: 'resumed' })
    await runtime.advance(8_100)
    expect(server.last.take('auth')).toEqual([{ t: 'auth', token: 'token-2' }])
    expect(server.connections).toHaveLength(1)
  })

  test('never sends the outbox as somebody else', async () => {
    const { server, client, runtime } = await start()
    client.conversation('g').send('secret')
    await runtime.settle()
    server.last.accept('eve', ...fresh(state('g', 0)))
    await runtime.settle()
    expect(server.last.take('send')).toEqual([])
    expect(client.connection.state).toBe('refused')
  })
})

describe('following', () => {
  test('applies each event once and in order', async () => {
    const { server, seen } = await online(state('g', 3))
    server.last.say(events('g', message(4, 'bob'), message(5, 'bob')))
    server.last.say(events('g', message(5, 'bob'), message(4, 'bob'), message(6, 'bob')))
    expect(seqs(seen.event)).toEqual([4, 5, 6])
  })

  test('asks for what is missing and applies nothing beyond a gap', async () => {
    const { server, seen, runtime } = await online(state('g', 3))
    server.last.say(events('g', message(6, 'bob')))
    await runtime.settle()
    expect(seen.event).toEqual([])
    const [sync, ...others] = server.last.take('sync')
    expect(others).toEqual([])
    expect(sync).toMatchObject({ conversation: 'g', cursor: { [ORIGIN]: 3 } })
    const list = [4, 5, 6].map((seq) => message(seq, 'bob'))
    server.last.say(
      {
        t: 'syncPage',
        requestId: sync!.requestId,
        conversation: 'g',
        events: list,
        cursor: { [ORIGIN]: 6 },
        more: false,
      },
      events('g', message(7, 'bob')),
    )
    expect(seqs(seen.event)).toEqual([4, 5, 6, 7])
  })

  test('asks again for an event that came, beyond the gap, while the last page was on its way', async () => {
    const { server, seen, runtime } = await online(state('g', 3))
    server.last.say(events('g', message(5, 'bob')))
    await runtime.settle()
    const [sync] = server.last.take('sync')
    server.last.say(events('g', message(6, 'bob')), {
      t: 'syncPage',
      requestId: sync!.requestId,
      conversation: 'g',
      events: [message(4, 'bob'), message(5, 'bob')],
      cursor: { [ORIGIN]: 5 },
      more: false,
    })
    await runtime.settle()
    // A server that makes it live from the page on tells it again; this one does not.
    expect(server.last.take('sync')).toEqual([])
    await runtime.advance(1_000)
    const [again] = server.last.take('sync')
    expect(again?.cursor).toEqual({ [ORIGIN]: 5 })
    server.last.say({
      t: 'syncPage',
      requestId: again!.requestId,
      conversation: 'g',
      events: [message(6, 'bob')],
      cursor: { [ORIGIN]: 6 },
      more: false,
    })
    expect(seqs(seen.event)).toEqual([4, 5, 6])
  })

  test('SYNC1 pages until the head when it is told that it is behind, and applies nothing else meanwhile', async () => {
    const { server, seen, runtime } = await online(state('g', 3))
    server.last.say({ t: 'behind', conversations: ['g'] })
    await runtime.settle()
    const [first] = server.last.take('sync')
    const page = (requestId: string, list: Event[], cursor: number, more: boolean): ServerFrame => ({
      t: 'syncPage',
      requestId,
      conversation: 'g',
      events: list,
      cursor: { [ORIGIN]: cursor },
      more,
    })
    server.last.say(events('g', message(1, 'bob', { origin: 'local.b2' })))
    server.last.say(page(first!.requestId, [message(4, 'bob')], 4, true))
    await runtime.settle()
    const [second] = server.last.take('sync')
    expect(second?.cursor).toEqual({ [ORIGIN]: 4 })
    // 5 and 7 are not for this member.
    server.last.say(page(second!.requestId, [message(6, 'bob')], 7, false))
    server.last.say(events('g', message(8, 'bob'), message(1, 'bob', { origin: 'local.b2' })))
    expect(seqs(seen.event)).toEqual([4, 6, 8, 1])
  })

  test('RES5 what was asked for when the connection was lost is told by the resume', async () => {
    const { server, seen, runtime } = await online(state('g', 3))
    server.last.say({ t: 'behind', conversations: ['g'] })
    await runtime.advance(2_000)
    server.last.close(1006)
    await runtime.advance(100)
    server.last.accept('ann', events('g', message(4, 'bob')))
    await runtime.settle()
    expect(server.last.take('sync')).toEqual([])
    expect(seqs(seen.event)).toEqual([4])
  })

  test('catches up a conversation that was joined while away', async () => {
    const { server, client, seen, runtime } = await online()
    await runtime.advance(2_000)
    server.last.close(1006)
    await runtime.advance(100)
    const body = {
      conversation: 'g',
      type: 'group',
      title: 'Geese',
      role: 'member',
      from: { [ORIGIN]: 2 },
      read: {},
    }
    server.last.accept('ann', events('@me', message(6, 'bob', { kind: 'joined', body, count: 0 })), {
      t: 'conversations',
      items: [state('g', 4, { from: { [ORIGIN]: 2 }, read: { [ORIGIN]: { seq: 2, count: 2 } } })],
    })
    await runtime.settle()
    const [sync] = server.last.take('sync')
    expect(sync?.cursor).toEqual({ [ORIGIN]: 2 })
    server.last.say({
      t: 'syncPage',
      requestId: sync!.requestId,
      conversation: 'g',
      events: [message(3, 'bob'), message(4, 'bob')],
      cursor: { [ORIGIN]: 4 },
      more: false,
    })
    expect(seqs(seen.event)).toEqual([3, 4])
    expect(client.conversation('g')).toMatchObject({ joined: true, unread: 2 })
  })

  test('begins anew after a reset', async () => {
    const { server, client, seen, runtime } = await online(state('g', 3))
    server.last.say(events('g', message(4, 'bob')))
    expect(client.conversation('g').timeline).toHaveLength(1)
    server.last.say({ t: 'reset', conversation: 'g', cursor: { 'local.b2': 2 } })
    await runtime.settle()
    expect(seen.reset).toEqual([{ conversation: 'g' }])
    expect(client.conversation('g').timeline).toEqual([])
    server.last.say(events('g', message(3, 'bob', { origin: 'local.b2' })))
    expect(seqs(seen.event)).toEqual([4, 3])
  })

  test('forgets conversations that are not told again after a reset of the own log, and keeps the outbox', async () => {
    const { server, client, runtime } = await online(state('g', 3), state('h', 3))
    client.conversation('g').send('kept')
    await runtime.advance(2_000)
    server.last.close(1006)
    await runtime.advance(100)
    server.last.accept('ann', ...fresh(state('g', 1)))
    await runtime.settle()
    expect(client.conversations().map(({ id }) => id)).toEqual(['g'])
    expect(server.last.take('send')).toHaveLength(1)
  })

  test('a removal ends the membership and leaves what was visible', async () => {
    const { server, client } = await online(state('g', 3))
    server.last.say(events('g', message(4, 'bob')))
    const body = { conversation: 'g', until: { [ORIGIN]: 4 } }
    server.last.say(events('@me', message(6, 'bob', { kind: 'left', body, count: 0 })))
    expect(client.conversations()).toEqual([])
    expect(client.conversation('g')).toMatchObject({ joined: false })
    expect(client.conversation('g').timeline).toHaveLength(1)
  })
})

describe('sending', () => {
  test('goes queued, sent, durable, stable, and keeps its id', async () => {
    const { server, client, seen, runtime } = await online(state('g', 3))
    const sent = client.conversation('g').send('hello')
    const [item] = client.conversation('g').timeline
    expect(item).toMatchObject({ state: 'queued', body: { text: 'hello' }, id: `ann/${sent.clientId}` })
    await runtime.settle()
    const [send] = server.last.take('send')
    expect(send).toMatchObject({ conversation: 'g', clientId: sent.clientId, body: { text: 'hello' } })
    server.last.say(ackOf(send!, 4, 'durable'))
    expect(await sent.durable).toEqual({ origin: ORIGIN, seq: 4 })
    server.last.say({ t: 'stable', conversation: 'g', origin: ORIGIN, seq: 4 })
    expect(client.conversation('g').timeline).toMatchObject([{ state: 'stable', event: undefined }])
    server.last.say(events('g', eventOf(send!, 'ann', 4)))
    expect(client.conversation('g').timeline).toMatchObject([
      { state: 'stable', id: item!.id, event: { seq: 4 } },
    ])
    expect(seen.message.map(({ state }) => state)).toEqual(['queued', 'sent', 'durable', 'stable'])
    await client.flushed()
  })

  test('several go at once, each naming the one before it', async () => {
    const { server, client, runtime } = await online(state('g', 3))
    const sent = ['a', 'b', 'c'].map((text) => client.conversation('g').send(text))
    await runtime.settle()
    const sends = server.last.take('send')
    expect(sends.map(({ body }) => body['text'])).toEqual(['a', 'b', 'c'])
    expect(sends.map(({ after }) => after)).toEqual([undefined, sent[0]!.clientId, sent[1]!.clientId])
  })

  test('what was not acknowledged goes again after a reconnect, in order and with the highest hlc', async () => {
    const { server, client, runtime } = await online(state('g', 3))
    for (const text of ['a', 'b', 'c']) client.conversation('g').send(text)
    await runtime.settle()
    const [a, b] = server.last.take('send')
    server.last.say(ackOf(a!, 4))
    await runtime.advance(1_100)
    server.last.close(1006)
    await runtime.advance(200)
    server.last.open()
    server.last.say(welcome('ann'))
    await runtime.settle()
    const again = server.last.take('send')
    expect(again.map(({ body }) => body['text'])).toEqual(['b', 'c'])
    expect(again[0]).toMatchObject({ clientId: b!.clientId, afterHlc: 4 * 1024 })
    expect(again[0]?.after).toBeUndefined()
  })

  test('its own event says as much as an acknowledgement', async () => {
    const { server, client, runtime } = await online(state('g', 3))
    const sent = client.conversation('g').send('hello')
    await runtime.settle()
    const [send] = server.last.take('send')
    server.last.say(events('g', eventOf(send!, 'ann', 4)))
    expect(await sent.durable).toEqual({ origin: ORIGIN, seq: 4 })
    expect(client.conversation('g').timeline).toHaveLength(1)
    expect(client.conversation('g').unread).toBe(0)
  })

  test('after a refusal for now the first is repeated, and then all that follows; one for good is told', async () => {
    const { server, client, seen, runtime } = await online(state('g', 3))
    const sent = ['a', 'b', 'c'].map((text) => client.conversation('g').send(text))
    await runtime.settle()
    const [a, b, c] = server.last.take('send')
    const refuse = (send: Send, code: string): ServerFrame => ({
      t: 'refused',
      conversation: 'g',
      clientId: send.clientId,
      code,
      message: 'no',
    })
    server.last.say(ackOf(a!, 4), refuse(b!, 'unavailable'), refuse(c!, 'outOfOrder'))
    await runtime.advance(500)
    const again = server.last.take('send')
    expect(again.map(({ clientId }) => clientId)).toEqual([b!.clientId])
    server.last.say(refuse(b!, 'forbidden'))
    await expect(sent[1]!.durable).rejects.toMatchObject({ reason: 'forbidden' })
    await runtime.advance(500)
    const [third] = server.last.take('send')
    expect(third).toMatchObject({ clientId: c!.clientId })
    expect(third?.after).toBeUndefined()
    expect(seen.message.at(-1)).toMatchObject({ clientId: c!.clientId, state: 'sent' })
    expect(client.conversation('g').timeline.map(({ state }) => state)).toEqual(['stable', 'failed', 'sent'])
    client.conversation('g').retry(b!.clientId)
    await runtime.settle()
    expect(server.last.take('send')).toMatchObject([{ body: { text: 'b' }, after: c!.clientId }])
  })

  test('keeps what was written offline and sends it when there is a server', async () => {
    const { server, client, runtime } = await start()
    const group = client.createGroup({ title: 'Geese', members: ['bob'] })
    group.send('first')
    await group.open()
    expect(client.conversations().map(({ title }) => title)).toEqual(['Geese'])
    expect(group.timeline.map(({ kind }) => kind)).toEqual(['create', 'message'])
    server.last.accept('ann', ...fresh())
    await runtime.settle()
    const sends = server.last.take('send')
    expect(sends.map(({ kind }) => kind)).toEqual(['create', 'message'])
    expect(sends[1]?.after).toBe(sends[0]?.clientId)
  })

  test('a direct conversation is created with its first message, and only if it is not there', async () => {
    const { server, client, runtime } = await online(
      state(directConversationId('ann', 'bob'), 1, { type: 'direct', peer: 'bob' }),
    )
    client.direct('bob').send('hi')
    client.direct('eve').send('hi')
    await runtime.settle()
    expect(server.last.take('send').map(({ kind }) => kind)).toEqual(['message', 'create', 'message'])
  })

  test('what cannot be sent is said at once', async () => {
    const { client } = await start({ outboxLimit: 1 })
    const conversation = client.conversation('g')
    expect(() => conversation.send('x'.repeat(17_000))).toThrow(/16384/)
    expect(() => conversation.send('\u0000')).toThrow(/NUL/)
    conversation.send('fits')
    expect(() => conversation.send('one more')).toThrow(/outboxLimit/)
    await client.stop()
    expect(() => conversation.send('late')).toThrow(/stopped/)
  })

  test('what was not acknowledged survives a stop, and the next client takes it over', async () => {
    const outbox = memoryOutboxStorage()
    const first = await start({ outbox })
    first.client.conversation('g').send('kept')
    await first.runtime.settle()
    await first.client.stop()
    const { server, client, runtime } = await start({ outbox })
    expect(client.conversation('g').timeline).toMatchObject([{ body: { text: 'kept' }, state: 'queued' }])
    server.last.accept('ann', ...fresh(state('g', 0)))
    await runtime.settle()
    expect(server.last.take('send')).toMatchObject([{ body: { text: 'kept' } }])
  })
})

describe('a conversation', () => {
  test('created by a closed tab has the history that this one missed (simulator, seed 2275)', async () => {
    const outbox = memoryOutboxStorage()
    const first = await start({ outbox })
    const { id } = first.client.createGroup({ title: 'kept', members: ['bob'] })
    await first.runtime.settle()
    await first.client.stop()
    const { server, client, runtime } = await start({ outbox })
    await client.conversation(id).open()
    server.last.accept('ann', ...fresh(state(id, 2)))
    await runtime.settle()
    const older = client.conversation(id).loadOlder()
    await runtime.settle()
    const [asked] = server.last.take('history')
    const known = [message(1, 'ann'), message(2, 'bob')]
    server.last.say({
      t: 'historyPage',
      requestId: asked!.requestId,
      conversation: id,
      events: known,
      more: false,
    })
    expect(await older).toBe(false)
    expect(client.conversation(id).timeline.flatMap(({ event }) => event?.seq ?? [])).toEqual([1, 2])
  })

  test('created by a closed tab and left since is not one that the user is in (simulator, seed 6328)', async () => {
    const outbox = memoryOutboxStorage()
    const first = await start({ outbox })
    const { id } = first.client.createGroup({ title: 'left', members: ['bob'] })
    await first.runtime.settle()
    await first.client.stop()
    const { server, client, runtime } = await start({ outbox })
    expect(client.conversations().map((conversation) => conversation.id)).toEqual([id])
    server.last.accept('ann', ...fresh())
    await runtime.settle()
    const [create] = server.last.take('send')
    server.last.say(ackOf(create!, 1))
    await runtime.advance(1_000)
    const [asked] = server.last.take('members')
    server.last.say({ t: 'error', code: 'notMember', message: '', requestId: asked!.requestId })
    await runtime.settle()
    expect(client.conversations()).toEqual([])
  })

  test('loads its newest page, then older ones, and never twice the same', async () => {
    const { server, client, runtime } = await online(state('g', 3))
    server.last.say(events('g', message(4, 'bob')))
    const conversation = client.conversation('g')
    const opened = conversation.open()
    await runtime.settle()
    const [newest] = server.last.take('history')
    expect(newest).not.toHaveProperty('before')
    server.last.say({
      t: 'historyPage',
      requestId: newest!.requestId,
      conversation: 'g',
      events: [message(3, 'bob'), message(4, 'bob')],
      more: true,
    })
    await opened
    const older = conversation.loadOlder()
    await runtime.settle()
    const [second] = server.last.take('history')
    expect(second?.before).toEqual({ hlc: 3 * 1024, origin: ORIGIN, seq: 3 })
    server.last.say({
      t: 'historyPage',
      requestId: second!.requestId,
      conversation: 'g',
      events: [message(1, 'bob'), message(2, 'bob')],
      more: false,
    })
    expect(await older).toBe(false)
    expect(conversation.timeline.map(({ event }) => event?.seq)).toEqual([1, 2, 3, 4])
    expect(await conversation.loadOlder()).toBe(false)
  })

  test('counts unread from the marks and says what is read once a second', async () => {
    const { server, client, runtime } = await online(state('g', 3))
    const conversation = client.conversation('g')
    server.last.say(events('g', message(4, 'bob'), message(5, 'bob')))
    expect(conversation.unread).toBe(2)
    conversation.markRead()
    expect(conversation.unread).toBe(0)
    server.last.say(events('g', message(6, 'bob')))
    conversation.markRead()
    await runtime.settle()
    expect(server.last.take('read').map(({ cursor }) => cursor[ORIGIN])).toEqual([5])
    await runtime.advance(1_000)
    expect(server.last.take('read').map(({ cursor }) => cursor[ORIGIN])).toEqual([6])
  })

  test('gives the same arrays until something changes', async () => {
    const { server, client } = await online(state('g', 3))
    const conversation = client.conversation('g')
    const { timeline, typing } = conversation
    const list = client.conversations()
    expect(conversation.timeline).toBe(timeline)
    expect(conversation.typing).toBe(typing)
    expect(client.conversations()).toBe(list)
    server.last.say(events('g', message(4, 'bob')))
    const [item] = conversation.timeline
    server.last.say(events('g', message(5, 'bob')))
    expect(conversation.timeline).not.toBe(timeline)
    expect(conversation.timeline[0]).toBe(item)
    expect(client.conversations()).not.toBe(list)
  })

  test('tells who types, and forgets it', async () => {
    const { server, client, runtime, seen } = await online(state('g', 3))
    server.last.say({ t: 'typing', conversation: 'g', user: 'bob', active: true })
    expect(client.conversation('g').typing).toEqual(['bob'])
    await runtime.advance(6_000)
    expect(client.conversation('g').typing).toEqual([])
    expect(seen.typing.map(({ users }) => users)).toEqual([['bob'], []])
  })

  test('says that its user types at most every three seconds, and that it stopped', async () => {
    const { server, client, runtime } = await online(state('g', 3))
    for (let i = 0; i < 10; i++) {
      client.conversation('g').setTyping(true)
      await runtime.advance(500)
    }
    expect(server.last.take('typing').map(({ active }) => active)).toEqual([true, true])
    await runtime.advance(6_000)
    expect(server.last.take('typing').map(({ active }) => active)).toEqual([false])
  })
})
