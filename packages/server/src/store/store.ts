import type { Hlc } from '@skein/core'
import type { Body, ConversationState, Cursor, ErrorCode, Event, Marks, Role } from '@skein/protocol'

/**
 * The storage port: the conversation log and the state records beside it. Adapters: `postgres/`
 * (production) and `memory/` (simulator, fast tests). `contract` in the testkit says what both do.
 *
 * Every key begins with `app`. A user's system log is the conversation `@user` (`userLogId`):
 * same numbering, lanes, tail and reads; nobody sends to it, commits write it.
 */
export interface Store {
  /** Who this store is. Known after `openStore`. */
  readonly identity: StoreIdentity

  /** The lane of a conversation: a stable hash, the same in every node. */
  laneOf(app: string, conversation: string): number

  /**
   * Commits a batch whose entries all belong to `lane`, in order, in one transaction: lock lanes in
   * order (that of `lane` and those of the user logs it writes), then authorise, check `after`,
   * dedupe, number, insert. One outcome per entry, same order. An entry that is refused does not
   * spoil the others; an entry whose data the database rejects is found by bisection (`unstorable`).
   * Rejects with StoreError: `unavailable` (nothing was committed), `indeterminate` (it may have been:
   * retry with the same clientIds).
   */
  commit(lane: number, entries: readonly CommitEntry[]): Promise<readonly CommitOutcome[]>

  /**
   * Which heads moved after `after`, in lane order: at most `limit` log rows are looked at, newest
   * position per (conversation, origin) is told. `vector` is where the next call goes on; `more` when
   * the limit cut it off.
   */
  tail(after: LaneVector, limit: number): Promise<TailPage>

  /** The newest lane offsets: where a node that starts begins its tail. */
  laneVector(): Promise<LaneVector>

  /** Events after a cursor, ascending per origin, several conversations in one round trip. Same order of answers. */
  read(requests: readonly ReadRequest[]): Promise<readonly ReadPage[]>

  /** A page of the timeline by (hlc, region, seq). Ascending, whichever the direction. */
  history(request: HistoryRequest): Promise<HistoryResult>

  /** All that sessions of these users need to begin: one round trip. Users that are unknown have no conversations. */
  users(keys: readonly UserKey[]): Promise<readonly UserState[]>

  /** Facts and membership of one conversation for one user, for checks outside a commit. */
  conversation(app: string, conversation: string): Promise<ConversationFacts | undefined>

  /** Members sorted by user id, after one. */
  members(request: MembersRequest): Promise<MembersResult>

  /** Whether the user is a member now, and as what. */
  roleOf(app: string, conversation: string, user: string): Promise<Role | undefined>

  /**
   * Merges read cursors by maximum per origin, clamped to the heads (and never below where the user
   * joined); what really moved is also written to the users' system logs (`read`), in the same
   * transaction. Answers the merged marks and the system-log events, one per request.
   */
  mergeReads(requests: readonly ReadCursorUpdate[]): Promise<readonly ReadMerge[]>

  /**
   * Merges state records: last writer wins by (hlc, region). Answers the winners. Kinds so far:
   * `profile` (value: {name?}), `settings`.
   */
  mergeState(records: readonly StateRecord[]): Promise<readonly StateRecord[]>
  state(keys: readonly StateKey[]): Promise<readonly (StateRecord | undefined)[]>

  /** Users of an app with their profiles, sorted by id, for directories and the API. */
  listUsers(request: { readonly app: string; readonly after?: string; readonly limit: number }): Promise<{
    readonly users: readonly { readonly user: string; readonly profile: Profile }[]
    readonly more: boolean
  }>

  /** Creates the user or changes its profile. Idempotent. */
  upsertUser(app: string, user: string, profile: Profile): Promise<void>

  /**
   * Tokens issued before `validAfterMs` no longer count (merged by maximum). Written to the user's
   * system log as `revoked` in the same transaction; answers that event.
   */
  revoke(app: string, user: string, validAfterMs: number): Promise<LogRecord>

  /** Answers of the API by idempotency key, kept ≥ 24 h. `begin` is undefined when the key is new (and now taken). */
  beginIdempotent(app: string, key: string, requestHash: string): Promise<IdempotentAnswer | undefined>
  finishIdempotent(
    app: string,
    key: string,
    answer: { readonly status: number; readonly body: string },
  ): Promise<void>

  /** The database's clock, for skew checks. */
  clockMs(): Promise<number>
  /** A round trip that proves that the store answers. */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface StoreIdentity {
  readonly region: string
  readonly incarnation: string
  /** `region.incarnation`: the origin of what is committed here. */
  readonly origin: string
  readonly lanes: number
}

/** Per lane the offset up to and including which everything was seen. Index = lane. */
export type LaneVector = readonly number[]

export interface CommitEntry {
  readonly app: string
  readonly conversation: string
  readonly sender: string
  /** `system`: the product's backend, which may do anything. `member`: checked against the membership. */
  readonly authority: 'member' | 'system'
  readonly clientId: string
  readonly kind: 'message' | 'create' | 'member' | 'title'
  /** JSON text, already validated for its kind and known to be storable text. */
  readonly body: string
  /** The same, parsed: given by whoever has it at hand, so that a usual commit need not parse. */
  readonly parsedBody?: Body
  readonly after?: string
  readonly afterHlc?: Hlc
}

/** An event with the keys that the wire leaves out. */
export interface LogRecord {
  readonly app: string
  readonly conversation: string
  readonly lane: number
  readonly laneOffset: number
  readonly event: Event
  /** `event.body` as JSON, where it is at hand. See `eventJson`. */
  readonly bodyText?: string
}

export type CommitOutcome =
  | {
      readonly status: 'committed'
      readonly record: LogRecord
      /** The entry had been committed before; `record` is that one. */
      readonly duplicate: boolean
      /** What else this entry wrote: user system logs of those it added or removed. */
      readonly also: readonly LogRecord[]
    }
  | { readonly status: 'refused'; readonly code: RefusalCode; readonly message: string }

export type RefusalCode = Extract<
  ErrorCode,
  | 'notMember'
  | 'forbidden'
  | 'conversationUnknown'
  | 'conversationExists'
  | 'userUnknown'
  | 'clientIdReused'
  | 'expired'
  | 'clockSkew'
  | 'outOfOrder'
  | 'unstorable'
  | 'malformed'
>

export interface TailPage {
  readonly heads: readonly {
    readonly app: string
    readonly conversation: string
    readonly origin: string
    readonly seq: number
  }[]
  readonly vector: LaneVector
  readonly more: boolean
}

export interface ReadRequest {
  readonly app: string
  readonly conversation: string
  readonly cursor: Cursor
  readonly limit: number
  /** Only what this user may see (its visibility intervals); absent: everything, for the node itself. */
  readonly user?: string
}

export interface ReadPage {
  readonly records: readonly LogRecord[]
  /** Up to here the answer is complete, invisible events included. */
  readonly cursor: Cursor
  readonly more: boolean
  /** The request's cursor names an unknown incarnation or is ahead of its head: nothing is told, go on from `cursor` (the heads). */
  readonly reset: boolean
  /** `user` was given and never was a member. */
  readonly notMember: boolean
}

export interface HistoryRequest {
  readonly app: string
  readonly conversation: string
  readonly user?: string
  readonly before?: { readonly hlc: Hlc; readonly origin: string; readonly seq: number }
  readonly after?: { readonly hlc: Hlc; readonly origin: string; readonly seq: number }
  readonly limit: number
}

export interface HistoryResult {
  readonly records: readonly LogRecord[]
  readonly more: boolean
  readonly notMember: boolean
}

export interface UserKey {
  readonly app: string
  readonly user: string
}

export interface UserState {
  /** Head of the user's system log, in the same snapshot as the conversations. */
  readonly log: Marks
  readonly conversations: readonly ConversationState[]
  /** Tokens issued before are void; 0 when never revoked. */
  readonly sessionsValidAfterMs: number
}

export interface ConversationFacts {
  readonly conversation: string
  readonly type: 'direct' | 'group'
  readonly title?: string
  readonly members: number
  readonly heads: Marks
  readonly createdAt: number
}

export interface MembersRequest {
  readonly app: string
  readonly conversation: string
  readonly after?: string
  readonly limit: number
}

export interface MembersResult {
  readonly members: readonly { readonly user: string; readonly role: Role; readonly name?: string }[]
  readonly more: boolean
}

export interface ReadCursorUpdate {
  readonly app: string
  readonly user: string
  readonly conversation: string
  readonly cursor: Cursor
}

export interface ReadMerge {
  readonly read: Marks
  /** Absent when nothing moved, or the user is no member. */
  readonly record?: LogRecord
}

export type StateKind = 'profile' | 'settings'

export interface StateKey {
  readonly app: string
  readonly owner: string
  readonly kind: StateKind
  readonly key: string
}

export interface StateRecord extends StateKey {
  /** JSON text. */
  readonly value: string
  readonly hlc: Hlc
  readonly region: string
}

export interface Profile {
  readonly name?: string
}

export interface IdempotentAnswer {
  readonly state: 'running' | 'done' | 'differentRequest'
  readonly status?: number
  readonly body?: string
}
