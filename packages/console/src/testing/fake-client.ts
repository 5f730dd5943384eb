import type { Client, ClientEvents, ConnectionStatus, Conversation } from '@skein/sdk'
import { FakeConversation, type FakeParts } from './fake-conversation.ts'

type Listeners<Events> = { [Name in keyof Events]?: Set<(event: Events[Name]) => void> }

class FakeEvents<Events> {
  readonly #listeners: Listeners<Events> = {}

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = this.#listeners[name] ?? new Set()
    this.#listeners[name] = listeners
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners[name] ?? []) listener(event)
  }
}

export class FakeClient implements Client {
  readonly user: string
  readonly outboxKind = 'memory'
  connection: ConnectionStatus = { state: 'online' }
  #list: readonly FakeConversation[]
  readonly #events = new FakeEvents<ClientEvents>()

  constructor(user: string, parts: readonly FakeParts[]) {
    this.user = user
    this.#list = parts.map((part) => this.#make(part))
  }

  conversations = (): readonly Conversation[] => this.#list

  conversation = (id: string): FakeConversation =>
    this.#list.find((conversation) => conversation.id === id) ??
    this.#add({ id, type: 'direct', members: [], items: [] })

  direct = (peer: string): Conversation =>
    this.#list.find((conversation) => conversation.peer === peer) ??
    this.#add({ id: `d_${peer}`, type: 'direct', peer, members: [], items: [] })

  createGroup({
    title,
    members,
  }: {
    readonly title?: string
    readonly members: readonly string[]
  }): Conversation {
    const all = [{ user: this.user, role: 'owner', name: undefined } as const]
    const others = members.map((user) => ({ user, role: 'member', name: undefined }) as const)
    const id = `g_${this.#list.length}`
    return this.#add({
      id,
      type: 'group',
      ...(title !== undefined && { title }),
      members: [...all, ...others],
      items: [],
    })
  }

  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  setConnection(connection: ConnectionStatus): void {
    this.connection = connection
    this.#events.emit('connection', connection)
  }

  emitMessage(event: ClientEvents['message']): void {
    this.#events.emit('message', event)
  }

  setTyping(id: string, users: readonly string[]): void {
    this.conversation(id).typing = users
    this.#events.emit('typing', { conversation: id, users })
  }

  flushed = async (): Promise<void> => {}
  stop = async (): Promise<void> => {}

  #add(parts: FakeParts): FakeConversation {
    const made = this.#make(parts)
    this.#list = [made, ...this.#list]
    this.#events.emit('conversations', this.#list)
    return made
  }

  #make(parts: FakeParts): FakeConversation {
    return new FakeConversation(parts, this.user, (conversation) => {
      this.#list = [...this.#list]
      this.#events.emit('timeline', conversation)
      this.#events.emit('conversations', this.#list)
    })
  }
}
