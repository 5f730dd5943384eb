import type { Runtime } from '@skein/core'
import type { Body, Event, Marks, Role } from '@skein/protocol'
import type { OutboxStorage } from './outbox/storage.ts'
import type { DispatchOptions } from './dispatch/options.ts'
import type { TransportFactory } from './connection/transport.ts'

/** What an app hands over to begin. */
export interface ClientOptions {
  /**
   * `wss://host/v1/connect`. Several: the one that served last, else any; when one fails the next comes at
   * once, and those that failed or sent their clients away come last. Beside `dispatch`: for when no list is
   * to be had, and after all that it names.
   */
  readonly url?: string | readonly string[]
  /** Where to connect is a signed list that is fetched. One of `url` and `dispatch` is needed. */
  readonly dispatch?: DispatchOptions
  /** The user of the token. Names the outbox, so that nothing is ever sent as somebody else. */
  readonly user: string
  /** A token, or how to get one: called again when the server wants a new one or it nears its end. */
  readonly token: string | (() => string | Promise<string>)
  /** Where unsent messages survive a reload. Unless told: IndexedDB where there is one, else memory. */
  readonly outbox?: OutboxStorage
  /** Messages that may wait unsent (1,000 unless told); one more is refused with `outboxFull`. */
  readonly outboxLimit?: number
  readonly runtime?: Runtime
  readonly transport?: TransportFactory
}

export interface Client {
  readonly user: string
  readonly connection: ConnectionStatus
  /** `indexedDB`, `file` or `memory`: whether unsent messages survive a reload. */
  readonly outboxKind: string
  /** Conversations that the user is in, the most recently active first. */
  conversations(): readonly Conversation[]
  /** The conversation with this id; what is not known yet fills in later. */
  conversation(id: string): Conversation
  /** The direct conversation with a user. Created with the first message, or by `open()`. */
  direct(user: string): Conversation
  /** Creates a group; usable at once, also while offline. */
  createGroup(group: { readonly title?: string; readonly members: readonly string[] }): Conversation
  /** Calls back until the returned function is called. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void
  /** Resolves when every message in the outbox is durable or failed. */
  flushed(): Promise<void>
  /** Closes the connection and releases storage. Unsent messages stay stored. */
  stop(): Promise<void>
}

export interface Conversation {
  readonly id: string
  readonly type: 'direct' | 'group' | undefined
  readonly title: string | undefined
  /** The other one of a direct conversation. */
  readonly peer: string | undefined
  readonly role: Role | undefined
  /** False before it is known and after the user left it. */
  readonly joined: boolean
  readonly unread: number
  /** Newest message, for a preview. */
  readonly last: TimelineItem | undefined
  /** What is loaded of it, oldest first: committed events, then what still waits in the outbox. */
  readonly timeline: readonly TimelineItem[]
  /** Users typing now. */
  readonly typing: readonly string[]
  /** Loads the newest page if nothing is loaded yet. */
  open(): Promise<void>
  /** Loads an older page; false when there is nothing older. */
  loadOlder(limit?: number): Promise<boolean>
  /** Puts a message into the outbox and returns at once; its state is told by `message` events. */
  send(body: Body | string): OutgoingMessage
  /** Everything up to the newest loaded event is read. */
  markRead(): void
  /** Call on keystrokes; sends at most one frame every 3 s, and stops by itself. */
  setTyping(active: boolean): void
  members(): Promise<readonly Member[]>
  addMembers(users: readonly string[]): OutgoingMessage
  removeMember(user: string): OutgoingMessage
  leave(): OutgoingMessage
  setRole(user: string, role: Role): OutgoingMessage
  setTitle(title: string): OutgoingMessage
  /** Sends a failed one again under a new id, or forgets it. */
  retry(clientId: string): void
  discard(clientId: string): void
}

export interface Member {
  readonly user: string
  readonly role: Role
  readonly name: string | undefined
}

export interface OutgoingMessage {
  readonly clientId: string
  /** Resolves with the event's position once durable; rejects with SdkError when it failed for good. */
  readonly durable: Promise<{ readonly origin: string; readonly seq: number }>
}

/**
 * - `queued`: stored here, not sent (or to be sent again).
 * - `sent`: on its way.
 * - `durable`: committed. `stable`: also safe from the loss of a region.
 * - `failed`: refused for good; `reason` says why.
 */
export type DeliveryState = 'queued' | 'sent' | 'durable' | 'stable' | 'failed'

/** One line of a timeline. `id` is the same from the outbox to the log, so that lists keep their keys. */
export interface TimelineItem {
  readonly id: string
  readonly clientId: string
  readonly conversation: string
  readonly sender: string
  readonly kind: string
  readonly body: Body
  /** Milliseconds since 1970: the database's time once committed, the sender's before. */
  readonly at: number
  /** Own messages: how far they are. Those of others are `stable`. */
  readonly state: DeliveryState
  readonly reason: string | undefined
  /** The committed event; absent while it is only in the outbox. */
  readonly event: Event | undefined
}

export type ConnectionStatus =
  | { readonly state: 'connecting' | 'stopped' }
  /** `node`: which one serves, for people. It changes without an event when the server moves the session. */
  | { readonly state: 'online'; readonly node?: string }
  /** Between attempts. */
  | { readonly state: 'waiting'; readonly retryAtMs: number; readonly reason: string }
  /** Needs the app: the token or the options are refused. */
  | { readonly state: 'refused'; readonly reason: string }

export type ClientEvents = {
  connection: ConnectionStatus
  /** The list, its order, an unread count or a preview changed. */
  conversations: readonly Conversation[]
  /** The timeline of this conversation changed. */
  timeline: Conversation
  /** An event was seen for the first time, in order, live or caught up; once per event. */
  event: { readonly conversation: string; readonly event: Event }
  typing: { readonly conversation: string; readonly users: readonly string[] }
  /** A message of one's own changed its state. */
  message: {
    readonly conversation: string
    readonly clientId: string
    readonly state: DeliveryState
    readonly reason: string | undefined
  }
  /** What was held of this conversation is void (another incarnation); the timeline begins anew. */
  reset: { readonly conversation: string }
  /** Something to log; the client goes on. */
  warning: { readonly code: string; readonly message: string }
}

/** Unread is derived, never counted up and down: Σ count(heads) − count(read). */
export const unreadOf = (heads: Marks, read: Marks): number => {
  let unread = 0
  for (const [origin, head] of Object.entries(heads)) unread += head.count - (read[origin]?.count ?? 0)
  return Math.max(0, unread)
}
