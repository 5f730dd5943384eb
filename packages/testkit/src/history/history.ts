import type { Cursor, Event } from '@skein/protocol'
import type { ServiceRecord, StatusChange } from './service.ts'

/** What a run did and what everybody saw, as plain data: the checker judges it and knows nothing of the run. */
export interface History {
  /** Everything that the store holds at the end; user logs are left out. */
  readonly log: readonly LoggedEvent[]
  /** Was committed and then lost by a failover. Empty unless the scenario is about that. */
  readonly lost: readonly LoggedEvent[]
  /** The run had a failover, so that clients may be told `reset`; otherwise they never may. */
  readonly failedOver: boolean
  readonly sends: readonly SendRecord[]
  /** Nobody but the recorded clients sent messages: what else stands in the log is one too many. */
  readonly allSendsRecorded?: boolean
  readonly clients: readonly ClientRecord[]
  readonly timelines: readonly TimelineRecord[]
  /** Where the run measured how well it was served. */
  readonly service?: ServiceRecord
}

export interface LoggedEvent {
  readonly conversation: string
  readonly event: Event
}

/** One call of `send` and what its sender was told. */
export interface SendRecord {
  /** Name of the client instance, which stands for its outbox. */
  readonly client: string
  readonly conversation: string
  readonly sender: string
  readonly clientId: string
  /** JSON text of the body. */
  readonly body: string
  /** Grows within a client. */
  readonly order: number
  readonly acked: boolean
  /** Where the acknowledgement said that it stands. */
  readonly position?: { readonly origin: string; readonly seq: number }
  /** Why it failed for good. */
  readonly failed?: string
  /** Nobody holds its outbox any more, so that nothing can be expected of it. */
  readonly abandoned: boolean
}

/** One SDK instance, from its start to its end. */
export interface ClientRecord {
  readonly name: string
  readonly user: string
  /** What it told its app, in order. */
  readonly deliveries: readonly Delivery[]
  /** Heads of the store when the client first knew a conversation: it must see what comes after. */
  readonly mustSeeAfter: Readonly<Record<string, Cursor>>
  /** It was online when the run ended, so that it must have everything. */
  readonly onlineAtEnd: boolean
  /** Conversations that it says it is in; counts only when it was online at the end. */
  readonly joined: readonly string[]
  /** Where the recorder was given a clock. */
  readonly openedAtMs?: number
  readonly closedAtMs?: number | undefined
  readonly statuses?: readonly StatusChange[]
}

export type Delivery =
  | {
      readonly type: 'event'
      readonly conversation: string
      readonly event: Event
      readonly atMs?: number
    }
  | { readonly type: 'reset'; readonly conversation: string }

/** A whole timeline as one reader sees it at the end, oldest first. */
export interface TimelineRecord {
  /** `store`, or the client's name. */
  readonly reader: string
  readonly user: string
  readonly conversation: string
  readonly events: readonly Event[]
}

export type BrokenPromise = 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7' | 'P8'

/** A promise that does not hold. `rule` is a short stable name, `message` the particulars. */
export interface Violation {
  readonly promise: BrokenPromise
  readonly rule: string
  readonly message: string
}

export const violationText = ({ promise, rule, message }: Violation): string =>
  `${promise} ${rule}: ${message}`
