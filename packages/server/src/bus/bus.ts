import type { Event, JsonValue } from '@skein/protocol'
import type { LogRecord } from '../store/store.ts'

/**
 * The bus port: tells other nodes to look. It may lose, it never decides: what was committed stands in
 * the log, and every node reads the log's tail whatever the bus says. Adapters: `memory`, `postgres`,
 * `redis`.
 */
export interface Bus {
  readonly kind: BusKind
  readonly state: BusState
  readonly counters: BusCounters

  /** Connects and keeps connected. Does not wait for a bus that is away. Once per bus. */
  start(handlers: BusHandlers): void

  /**
   * Resolves with `true` when hints of this conversation arrive from now on: then read the log. With
   * `false` when the bus is not up: read the log and go on; the subscription is kept and renewed
   * before the bus is `up` again. Counting references is the caller's.
   */
  subscribe(app: string, conversation: string): Promise<boolean>
  unsubscribe(app: string, conversation: string): void

  /**
   * Hints of what was committed, to the nodes that subscribed. Fire and forget: gathered until the turn
   * ends, bounded, dropped and counted when the bus is away or too slow. Not back to this node: its
   * committer tells it directly.
   */
  publish(records: readonly LogRecord[]): void

  /**
   * What nodes tell each other, and soft frames: as unreliable as hints. A message to this node itself
   * takes the way through the bus and comes back. `false`: it was dropped right away.
   */
  send(to: BusTarget, body: MessageBody): boolean

  stop(): Promise<void>
}

export type BusKind = 'memory' | 'postgres' | 'redis'

/** `up`: what is published arrives and what is subscribed is heard, as far as is known. `connecting` only at first. */
export type BusState = 'connecting' | 'up' | 'down'

export interface BusHandlers {
  /** Never this node's own. In order per conversation and publisher while the bus stays up. */
  onHints(hints: readonly Hint[]): void
  onMessage(message: NodeMessage): void
  onState(change: BusStateChange): void
}

/**
 * - `unreachable`: no connection to be had.
 * - `refused`: the server answers and does not serve us (password, address, role): somebody may have to act.
 * - `lost`: a connection broke.
 * - `silent`: connections stand, and what goes in does not come out.
 * - `moved`: another server is the primary now.
 * - `stopped`: by `stop`.
 */
export type BusFailure = 'unreachable' | 'refused' | 'lost' | 'silent' | 'moved' | 'stopped'

export type BusStateChange =
  | { readonly state: 'up' }
  | { readonly state: 'down'; readonly reason: BusFailure; readonly message: string }

/** That something stands at this position; with the event itself when it is small, else to be read. */
export interface Hint {
  readonly app: string
  readonly conversation: string
  readonly lane: number
  readonly laneOffset: number
  readonly origin: string
  readonly seq: number
  readonly event?: Event
}

/** All other nodes; one node; the other nodes that subscribed to a conversation (soft frames, shed first). */
export type BusTarget =
  | { readonly to: 'all' }
  | { readonly to: 'node'; readonly node: string }
  | { readonly to: 'conversation'; readonly app: string; readonly conversation: string }

export type MessageBody = { readonly [key: string]: JsonValue }

export interface NodeMessage {
  /** The node that sent it. */
  readonly from: string
  readonly target: BusTarget
  readonly body: MessageBody
}

export interface BusCounters {
  /** Hints and messages that the server took. */
  readonly published: number
  /** Hints and messages that were not sent, or of which that is unknown. */
  readonly dropped: number
  /** Hints and messages that were passed on to the handlers. */
  readonly received: number
  /** Payloads that nobody could read: another version, or not ours. */
  readonly malformed: number
  /** Connections that stood and failed. */
  readonly losses: number
  /** Attempts to connect that failed. */
  readonly failedAttempts: number
}

/** The hint as the record that it carries; undefined when only its position is known. */
export function recordOf(hint: Hint): LogRecord | undefined {
  const { app, conversation, lane, laneOffset, event } = hint
  return event === undefined ? undefined : { app, conversation, lane, laneOffset, event }
}
