import type { BusKind } from './bus.ts'
import type { BusError } from './bus-error.ts'

/** What adapters differ in: how payloads get from one node to others. Everything else is `LinkedBus`. */
export interface WireDriver {
  readonly kind: BusKind
  /** A channel per conversation, or one for the hints of all, of which each node picks its own. */
  readonly hintChannels: 'perConversation' | 'one'
  /** Bound of one payload in UTF-8. */
  readonly maxPayloadBytes: number
  /** Publishes under way at once; what comes meanwhile gathers. */
  readonly maxInFlight: number
  /** Connects. Rejects with BusError. Called anew after every loss: a wire lives once. */
  open(events: WireEvents): Promise<Wire>
}

export interface WireEvents {
  readonly onPayload: (payload: string) => void
  /** The wire that was opened is of no use any more. May come more than once. */
  readonly onLost: (error: BusError) => void
}

export interface Wire {
  /** Sends in order. Resolves when the server took all of it. */
  publish(parcels: readonly Parcel[]): Promise<void>
  /** Resolves when payloads of these channels arrive from now on. Not called again before it settled. */
  subscribe(channels: readonly string[]): Promise<void>
  unsubscribe(channels: readonly string[]): Promise<void>
  /** At once, whatever is under way. */
  close(): void
}

export interface Parcel {
  readonly channel: string
  readonly payload: string
}
