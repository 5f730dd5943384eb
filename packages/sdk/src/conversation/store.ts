import {
  CreateBody,
  TitleBody,
  USER_LOG,
  type ConversationState,
  type Cursor,
  type Event,
  type JoinedBody,
  type LeftBody,
  type Marks,
  type RoleBody,
  type SyncPage,
} from '@skein/protocol'
import { comparePlaces } from '../timeline/order.ts'
import { cursorOf, isBehind, markOf, marksUpTo, mergeCursor, mergeMarks, placeOf } from './cursor.ts'
import { ConversationRecord, KEPT_CLOSED, KEPT_OPEN } from './record.ts'
import { UserLog } from './user-log.ts'

export interface StoreHooks {
  /** Applied for the first time, in order. */
  event(record: ConversationRecord, event: Event): void
  timelineChanged(record: ConversationRecord): void
  listChanged(): void
  /** It is being asked for what it misses. */
  isCatchingUp(conversation: string): boolean
  /** Something between its cursor and its heads has not come: ask for it. */
  behind(conversation: string): void
  /** The same, but it is probably on its way: look again soon. */
  perhapsBehind(conversation: string): void
  /** What was held is void. */
  reset(record: ConversationRecord): void
  /** The newest page should be loaded again. */
  reload(record: ConversationRecord): void
  left(record: ConversationRecord): void
}

/** Applies what the server tells to what is known. Strict: nothing is applied beyond a gap. */
export class ConversationStore {
  readonly #user: string
  readonly #hooks: StoreHooks
  readonly #records = new Map<string, ConversationRecord>()
  readonly #log: UserLog

  constructor(user: string, hooks: StoreHooks) {
    this.#user = user
    this.#hooks = hooks
    this.#log = new UserLog({
      joined: (body, hlc) => this.#joined(body, hlc),
      left: (body) => this.#left(body),
      role: (body) => this.#role(body),
      read: (body) => this.mergeRead(this.record(body.conversation), body.read),
      behind: () => hooks.behind(USER_LOG),
    })
  }

  /** Its cursor, for resume and sync; undefined: new here. */
  get userLogCursor(): Cursor | undefined {
    return this.#log.cursor
  }

  record(id: string): ConversationRecord {
    let record = this.#records.get(id)
    if (record === undefined) {
      record = new ConversationRecord(id)
      this.#records.set(id, record)
    }
    return record
  }

  all(): readonly ConversationRecord[] {
    return [...this.#records.values()]
  }

  /** Those that the user is in, the most recently active first. */
  list(): readonly ConversationRecord[] {
    return this.all()
      .filter((record) => record.isMember)
      .sort((one, other) => other.activity - one.activity || (one.id < other.id ? -1 : 1))
  }

  cursor(id: string): Cursor | undefined {
    return id === USER_LOG ? this.#log.cursor : this.#records.get(id)?.cursor
  }

  isListed(id: string): boolean {
    return id === USER_LOG || this.#records.get(id)?.joined === true
  }

  isBehind(id: string): boolean {
    if (id === USER_LOG) return this.#log.isBehind
    const record = this.#records.get(id)
    return record?.cursor !== undefined && isBehind(record.cursor, cursorOf(record.heads))
  }

  applyEvents(id: string, events: readonly Event[]): void {
    const waits = this.#hooks.isCatchingUp(id)
    if (id === USER_LOG) return this.#log.apply(events, waits)
    const record = this.record(id)
    let gap = false
    for (const event of events) {
      const place = record.cursor === undefined || waits ? 'gap' : placeOf(record.cursor, event)
      if (place === 'next') this.#accept(record, event)
      // What cannot be applied still tells where the log is, so that a sync knows how far to go.
      else record.heads = mergeMarks(record.heads, markOf(event))
      gap ||= place === 'gap'
    }
    // Of a conversation that is not known yet the user's log tells next, and from where.
    if (gap && !waits && record.cursor !== undefined) this.#hooks.behind(id)
    this.#hooks.listChanged()
  }

  /** Whether it brought anything new. Seqs missing in a page are those that this member may not see. */
  applyPage(page: SyncPage): boolean {
    if (page.conversation === USER_LOG) return this.#log.applyPage(page)
    const record = this.record(page.conversation)
    const before = record.cursor ?? {}
    for (const event of page.events) {
      if (event.seq > (record.cursor?.[event.origin] ?? 0)) this.#accept(record, event)
    }
    record.cursor = mergeCursor(record.cursor ?? {}, page.cursor)
    this.#hooks.listChanged()
    return isBehind(before, record.cursor)
  }

  /** A page of history: shown, but not told as new. */
  applyHistory(record: ConversationRecord, events: readonly Event[]): void {
    const [first] = events
    if (first !== undefined && (record.floor === undefined || comparePlaces(first, record.floor) < 0)) {
      record.floor = first
    }
    for (const event of events) {
      record.timeline.add(event)
      record.heads = mergeMarks(record.heads, markOf(event))
      if (record.cursor !== undefined && event.seq <= (record.cursor[event.origin] ?? 0)) {
        record.applied = mergeMarks(record.applied, markOf(event))
      }
      this.#noteLast(record, event)
    }
    if (this.isBehind(record.id)) this.#hooks.perhapsBehind(record.id)
    this.#hooks.timelineChanged(record)
    this.#hooks.listChanged()
  }

  applyState(state: ConversationState): void {
    const record = this.record(state.conversation)
    const reload = record.stale && record.opened
    Object.assign(record, { joined: true, local: false, stale: false })
    record.type = state.type
    record.title = state.title
    record.peer = state.peer
    record.role = state.role
    record.heads = mergeMarks(record.heads, state.heads)
    record.read = mergeMarks(record.read, state.read)
    // Known from the outbox alone, it was taken for new; a closed tab may have created it long ago.
    if (record.cursor === undefined) record.olderMore = true
    // Known before: what lies between is asked for from the own cursor, whatever else is live.
    record.cursor ??= cursorOf(state.heads)
    record.applied = mergeMarks(record.applied, marksUpTo(state.heads, record.cursor))
    if (state.last !== undefined) this.#noteLast(record, state.last)
    if (this.isBehind(record.id)) this.#hooks.behind(record.id)
    if (reload) this.#hooks.reload(record)
    this.#hooks.listChanged()
  }

  reset(id: string, cursor: Cursor): void {
    if (id === USER_LOG) return this.#resetAll(cursor)
    const record = this.record(id)
    record.clear(cursor)
    this.#hooks.reset(record)
    this.#hooks.reload(record)
    this.#hooks.timelineChanged(record)
    this.#hooks.listChanged()
  }

  #resetAll(cursor: Cursor): void {
    this.#log.reset(cursor)
    for (const record of this.#records.values()) {
      if (record.cursor === undefined) continue
      record.clear(undefined)
      record.stale = true
      this.#hooks.reset(record)
      this.#hooks.timelineChanged(record)
    }
    this.#hooks.listChanged()
  }

  /** Every conversation has been told: one that was not is one that the user is no longer in. */
  finishResume(): void {
    for (const record of this.#records.values()) {
      if (!record.stale) continue
      record.stale = false
      record.joined = false
      this.#hooks.left(record)
    }
    this.#hooks.listChanged()
  }

  mergeRead(record: ConversationRecord, read: Marks): boolean {
    const merged = mergeMarks(record.read, read)
    if (merged === record.read) return false
    record.read = merged
    this.#hooks.listChanged()
    return true
  }

  markLeft(id: string): void {
    const record = this.record(id)
    if (!record.joined) return
    record.joined = false
    this.#hooks.left(record)
    this.#hooks.listChanged()
  }

  /** Created here, or so it seemed, and the user is not in it any more. */
  notIn(record: ConversationRecord): void {
    if (!record.local) return
    record.local = false
    this.#hooks.left(record)
    this.#hooks.listChanged()
  }

  /** Keeps the newest of a conversation that is no longer looked at. */
  trim(record: ConversationRecord): void {
    record.opened = false
    this.#bound(record)
    this.#hooks.timelineChanged(record)
  }

  #accept(record: ConversationRecord, event: Event): void {
    const mark = markOf(event)
    record.cursor = { ...record.cursor, [event.origin]: event.seq }
    record.applied = mergeMarks(record.applied, mark)
    record.heads = mergeMarks(record.heads, mark)
    record.activity = Math.max(record.activity, event.hlc)
    record.timeline.add(event)
    this.#noteLast(record, event)
    this.#noteTitle(record, event)
    // Who writes has read.
    if (event.sender === this.#user) record.read = mergeMarks(record.read, mark)
    this.#bound(record)
    this.#hooks.event(record, event)
    this.#hooks.timelineChanged(record)
  }

  #bound(record: ConversationRecord): void {
    const limit = record.opened ? KEPT_OPEN : KEPT_CLOSED
    // Some slack, so that not every event moves the whole list.
    if (record.timeline.size <= limit * 1.25) return
    record.timeline.trimTo(limit)
    record.floor = undefined
    record.olderMore = true
  }

  #noteLast(record: ConversationRecord, event: Event): void {
    record.activity = Math.max(record.activity, event.hlc)
    if (event.kind !== 'message') return
    if (record.last === undefined || comparePlaces(record.last, event) < 0) record.last = event
  }

  #noteTitle(record: ConversationRecord, event: Event): void {
    if (event.kind === 'title') {
      const body = TitleBody.safeParse(event.body)
      if (body.success) record.title = body.data.title
    } else if (event.kind === 'create') {
      const body = CreateBody.safeParse(event.body)
      if (body.success && body.data.type === 'group') record.title ??= body.data.title
    }
  }

  #joined(body: JoinedBody, hlc: number): void {
    const record = this.record(body.conversation)
    Object.assign(record, { joined: true, local: false, stale: false })
    record.type = body.type
    record.title = body.title ?? record.title
    record.peer = body.peer
    record.role = body.role
    // A member that returns may have missed the end of its last stay: a sync from where it was brings both.
    record.cursor ??= body.from
    record.activity = Math.max(record.activity, hlc)
    // Events that came before this were not applied: they have to be asked for.
    const missed = this.isBehind(record.id) || isBehind(record.cursor, body.from)
    record.heads = mergeMarks(record.heads, body.read)
    record.read = mergeMarks(record.read, body.read)
    if (missed) this.#hooks.behind(record.id)
    else if (this.isBehind(record.id)) this.#hooks.perhapsBehind(record.id)
    this.#hooks.listChanged()
  }

  #left(body: LeftBody): void {
    const record = this.record(body.conversation)
    record.joined = false
    record.local = false
    record.role = undefined
    if (record.cursor !== undefined && isBehind(record.cursor, body.until)) this.#hooks.behind(record.id)
    this.#hooks.left(record)
    this.#hooks.listChanged()
  }

  #role(body: RoleBody): void {
    this.record(body.conversation).role = body.role
    this.#hooks.listChanged()
  }
}
