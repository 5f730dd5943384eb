import { assert, uuidv7 } from '@skein/core'
import type { ClientFrame, Event, ServerFrame } from '@skein/protocol'
import { AuthError, type Authenticator } from '../../auth/authenticator.ts'
import { MemoryBusHub } from '../../bus/memory/memory-bus-hub.ts'
import { memoryBus } from '../../bus/memory/memory-bus.ts'
import type { Encoded } from '../../delivery/encoded.ts'
import type { Connection, ConnectionHandler } from '../../gateway/connection.ts'
import { silentLogger } from '../../observe/logger.ts'
import { ManualRuntime } from '../../observe/manual-runtime.ts'
import { MemoryStore } from '../../store/memory/memory-store.ts'
import { ChatNode, type ChatNodeOptions } from '../chat-node.ts'
import { DEFAULT_LIMITS, type NodeLimits } from '../limits.ts'

/** A token is `user` or `user@issuedAtMs`; `bad` is none. */
const authenticator: Authenticator = {
  verify(token) {
    if (token === 'bad') return Promise.reject(new AuthError('unauthenticated', 'no such token'))
    const [user = '', issuedAt] = token.split('@')
    return Promise.resolve({ app: 'app', user, issuedAtMs: Number(issuedAt ?? 1e15), expiresAtMs: 4e12 })
  },
}

/** A client that says what the test says, and remembers what it is told. */
export class FakeClient implements Connection {
  readonly remote = 'test'
  bufferedBytes = 0
  readonly frames: ServerFrame[] = []
  writes = 0
  closedWith: number | undefined
  handler!: ConnectionHandler

  write(messages: readonly Encoded[]): void {
    this.writes++
    for (const { text } of messages) {
      const read = JSON.parse(text) as ServerFrame | ServerFrame[]
      this.frames.push(...(Array.isArray(read) ? read : [read]))
    }
  }
  close(code: number): void {
    this.closedWith = code
  }
  say(...frames: ClientFrame[]): void {
    this.handler.message(JSON.stringify(frames))
  }
  take<T extends ServerFrame['t']>(t: T): Extract<ServerFrame, { t: T }>[] {
    return this.frames.filter((frame): frame is Extract<ServerFrame, { t: T }> => frame.t === t)
  }
  events(conversation: string): Event[] {
    return this.take('events')
      .filter((frame) => frame.conversation === conversation)
      .flatMap((frame) => frame.events)
  }
  texts(conversation: string): unknown[] {
    return this.events(conversation)
      .filter((event) => event.kind === 'message')
      .map((event) => event.body['text'])
  }
}

/** A node on a memory store, in time that stands still; further nodes on the same store with `another`. */
export async function setUp(
  limits: Partial<NodeLimits> = {},
  more: Pick<ChatNodeOptions, 'loopLagMs' | 'guards'> = {},
) {
  const runtime = new ManualRuntime()
  const store = new MemoryStore({ runtime, region: 'r', incarnation: 'a', lanes: 4 })
  const options = {
    name: 'n1',
    runtime,
    authenticator,
    limits: { ...DEFAULT_LIMITS, ...limits },
    logger: silentLogger,
    ...more,
  }
  const busHub = new MemoryBusHub({ runtime })
  const node = new ChatNode({ ...options, store, bus: memoryBus(busHub, { node: 'n1', runtime }) })
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 30; round++) await runtime.advance(0)
  }
  void node.start()
  await settle()
  /** Unless it shares the bus it hears nothing of the first node but what the log tells. */
  const another = async (name: string, hub = new MemoryBusHub({ runtime })): Promise<ChatNode> => {
    const other = new ChatNode({
      ...options,
      name,
      bus: memoryBus(hub, { node: name, runtime }),
      store: new MemoryStore({ runtime, database: store.database }),
    })
    void other.start()
    await settle()
    return other
  }
  const connect = (on = node): FakeClient => {
    const client = new FakeClient()
    client.handler = on.accept(client)
    return client
  }
  const online = async (user: string, cursors: Record<string, Record<string, number>> = {}, on = node) => {
    const client = connect(on)
    client.say({ t: 'hello', token: user }, { t: 'resume', cursors })
    await settle()
    assert(client.take('resumed').length === 1, `${user} is told once that it is resumed`)
    return client
  }
  const id = () => uuidv7(runtime.clock, runtime.random)
  const message = (conversation: string, text: string): Extract<ClientFrame, { t: 'send' }> => ({
    t: 'send',
    conversation,
    clientId: id(),
    kind: 'message',
    body: { text },
  })
  const group = async (owner: FakeClient, conversation: string, members: string[]) => {
    const body = { type: 'group', members: members.map((user) => ({ user, role: 'member' })) }
    owner.say({ t: 'send', conversation, clientId: id(), kind: 'create', body })
    await settle()
    assert(owner.take('ack').length > 0, `${conversation} is created`)
  }
  return { runtime, store, busHub, node, another, settle, connect, online, id, message, group }
}
