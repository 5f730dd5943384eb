import { seededRandom } from '@skein/core'
import { createClient, MemoryOutboxes, type Client } from '@skein/sdk'
import {
  ChatNode,
  DEFAULT_LIMITS,
  DEFAULT_RATE_LIMITS,
  MemoryBusHub,
  memoryBus,
  MemoryLimits,
  MemoryStore,
  RateLimiter,
  silentLogger,
  type RateLimits,
} from '@skein/server'
import { describe, expect, test } from 'vitest'
import { FaultCount } from '../../sim/faults/fault-kinds.ts'
import { SimNetwork } from '../../sim/network/sim-network.ts'
import { simAuthenticator, simToken } from '../../sim/sim-auth.ts'
import { VirtualTime } from '../../sim/virtual-time.ts'

const START_MS = 1_790_000_000_000
const HOUR_MS = 3_600_000

/** A real node with limits, and real clients, in virtual time. */
async function setUp(
  messages: Partial<RateLimits['messages']>,
  answerMs?: number,
  connects: Partial<RateLimits['connects']> = {},
) {
  const time = new VirtualTime(START_MS)
  const actor = time.actor(1)
  const network = new SimNetwork(time, seededRandom(7), new FaultCount())
  const shared = new MemoryLimits(actor)
  shared.answerMs = answerMs ?? 0
  const none = { device: undefined, user: undefined, app: undefined, cluster: undefined }
  const rateLimits = new RateLimiter({
    limits: {
      ...DEFAULT_RATE_LIMITS,
      messages: { ...none, ...messages },
      connects: { ...DEFAULT_RATE_LIMITS.connects, ...connects },
    },
    ...(answerMs !== undefined && { shared }),
    liveNodes: () => 1,
    runtime: actor,
    logger: silentLogger,
  })
  const node = new ChatNode({
    name: 'n1',
    store: new MemoryStore({ runtime: actor, region: 'r', incarnation: 'a', lanes: 4 }),
    runtime: actor,
    authenticator: simAuthenticator(actor.clock),
    limits: DEFAULT_LIMITS,
    logger: silentLogger,
    bus: memoryBus(new MemoryBusHub({ runtime: actor }), { node: 'n1', runtime: actor }),
    rateLimits,
  })
  void node.start()
  await time.run(time.nowMs + 100)
  network.listen('n1', (connection) => node.accept(connection))
  let seed = 1
  const client = (user: string): Client =>
    createClient({
      url: 'n1',
      user,
      token: () => simToken(user, time.nowMs, HOUR_MS),
      outbox: new MemoryOutboxes(),
      runtime: time.actor(++seed),
      transport: network.transport(user),
    })
  return { time, node, shared, client }
}

const textsOf = (client: Client, conversation: string): unknown[] =>
  client
    .conversation(conversation)
    .timeline.filter((item) => item.kind === 'message')
    .map((item) => item.body['text'])

describe('a client that sends more than it may', () => {
  test.each([
    ['each node admitting its part', undefined],
    ['quota leased from what counts for all', 20],
  ])('loses nothing and keeps its order, %s; the others see it at the limit', async (_, answerMs) => {
    const user = { perSecond: 20, burst: 40 }
    const { time, node, client } = await setUp({ user }, answerMs)
    const [ada, bob] = [client('ada'), client('bobby')]
    const group = ada.createGroup({ title: 'flood', members: ['bobby'] })
    await time.run(time.nowMs + 2_000)
    void bob.conversation(group.id).open()
    await time.run(time.nowMs + 1_000)
    const failed: string[] = []
    ada.on('message', ({ state, clientId }) => state === 'failed' && failed.push(clientId))
    const texts = Array.from({ length: 300 }, (_, i) => `m${i}`)
    const beganMs = time.nowMs
    let tookMs = 0
    for (const text of texts) group.send(text)
    void ada.flushed().then(() => (tookMs = time.nowMs - beganMs))
    await time.run(time.nowMs + 60_000, () => tookMs > 0)
    await time.run(time.nowMs + 2_000)
    expect(failed).toEqual([])
    expect(textsOf(bob, group.id)).toEqual(texts)
    // 40 at once and 20 a second for the others: 13 s, and little more for coming back.
    expect(tookMs).toBeGreaterThanOrEqual(12_000)
    expect(tookMs).toBeLessThan(20_000)
    const { counters } = node.stats()
    expect(counters.sends).toBe(301)
    // Who is told when to come back does not knock all the time.
    expect(counters.refused).toBeLessThan(3_000)
    expect(ada.connection.state).toBe('online')
  })
})

test('a user that connects too often is told when to come back, and comes in then', async () => {
  const { time, node, client } = await setUp({}, 5, { user: { perSecond: 0.2, burst: 2 } })
  const tabs = [client('ada'), client('ada'), client('ada')]
  await time.run(time.nowMs + 2_000)
  const states = tabs.map(({ connection }) => connection.state).toSorted()
  expect(states).toEqual(['online', 'online', 'waiting'])
  const waiting = tabs.map(({ connection }) => connection).find(({ state }) => state === 'waiting')
  expect(waiting).toMatchObject({ reason: expect.stringContaining('connects per user') })
  const beganMs = time.nowMs
  await time.run(time.nowMs + 10_000, () => tabs.every(({ connection }) => connection.state === 'online'))
  expect(tabs.map(({ connection }) => connection.state)).toEqual(['online', 'online', 'online'])
  expect(time.nowMs - beganMs).toBeGreaterThan(2_000)
  expect(node.stats().counters.accepted).toBe(3)
})
