import type { SendableKind } from '@skein/protocol'

/** One message that is not yet stable, as it is stored. */
export interface OutboxEntry {
  readonly clientId: string
  readonly conversation: string
  readonly kind: SendableKind
  /** JSON text of the body: what goes over the wire, byte for byte, at every retry. */
  readonly body: string
  /** Milliseconds since 1970 when the app sent it. */
  readonly createdAt: number
  readonly state: 'queued' | 'durable' | 'failed'
  readonly reason?: string
  /** Grows within an outbox; the order of sending. */
  readonly order: number
}

/**
 * Where outboxes live. One outbox belongs to one client instance (a tab, a process) of one user;
 * several may stand in one storage. Adapters: memory, IndexedDB (browser), file (Node).
 */
export interface OutboxStorage {
  readonly kind: 'memory' | 'indexedDB' | 'file'
  /**
   * Opens an own outbox for this user and takes over those that nobody holds any more (closed tabs,
   * dead processes). Holding is exclusive: two instances never hold the same outbox.
   */
  open(user: string): Promise<HeldOutbox>
}

export interface HeldOutbox {
  /** What was found: own entries first (none, unless an own outbox was reopened), then those of each adopted one, in order. */
  readonly found: readonly OutboxEntry[]
  /** Resolves when the entry is stored; a later one with the same clientId replaces it. */
  put(entry: OutboxEntry): Promise<void>
  remove(clientId: string): Promise<void>
  /** Looks again for outboxes that nobody holds; their entries, which are now this one's. */
  adopt(): Promise<readonly OutboxEntry[]>
  /** Stops holding; what is stored stays. */
  release(): Promise<void>
}
