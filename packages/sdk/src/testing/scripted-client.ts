import type { ConversationState, Event, Send, ServerFrame } from '@skein/protocol'
import type { Client, ClientEvents, ClientOptions } from '../api.ts'
import { createClient } from '../client.ts'
import { memoryOutboxStorage } from '../outbox/memory.ts'
import { FakeServer, message, ORIGIN } from './fake-server.ts'
import { manualRuntime, type ManualRuntime } from './manual-runtime.ts'

/** A client whose server and time the test plays, and what its app was told. */
export interface Scripted {
  readonly runtime: ManualRuntime
  readonly server: FakeServer
  readonly client: Client
  readonly seen: {
    readonly events: number[]
    readonly messages: ClientEvents['message'][]
    readonly status: string[]
    readonly warnings: string[]
  }
}

/** Member of the group `g`, whose head is 3. */
const GROUP: ConversationState = {
  conversation: 'g',
  type: 'group',
  role: 'member',
  from: {},
  heads: { [ORIGIN]: { seq: 3, count: 3 } },
  read: { [ORIGIN]: { seq: 3, count: 3 } },
}

/** Online for two seconds: steady. What it was told until then is forgotten. */
export async function scriptedClient(options: Partial<ClientOptions> = {}): Promise<Scripted> {
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
  const seen: Scripted['seen'] = { events: [], messages: [], status: [], warnings: [] }
  await runtime.settle()
  server.last.accept(
    'ann',
    { t: 'reset', conversation: '@me', cursor: { [ORIGIN]: 5 } },
    { t: 'conversations', items: [GROUP] },
  )
  await runtime.advance(2_000)
  client.on('event', ({ event }) => seen.events.push(event.seq))
  client.on('message', (event) => seen.messages.push(event))
  client.on('connection', ({ state }) => seen.status.push(state))
  client.on('warning', ({ code }) => seen.warnings.push(code))
  return { runtime, server, client, seen }
}

/** Messages of bob in `g`. */
export const told = (...seqs: readonly number[]): ServerFrame => ({
  t: 'events',
  conversation: 'g',
  events: seqs.map((seq): Event => message(seq, 'bob')),
})

export const ackOf = (
  { conversation, clientId }: Pick<Send, 'conversation' | 'clientId'>,
  seq: number,
  level: 'durable' | 'stable' = 'stable',
): ServerFrame => ({ t: 'ack', conversation, clientId, level, origin: ORIGIN, seq, hlc: seq * 1024, at: seq })
