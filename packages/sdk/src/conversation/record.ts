import type { Cursor, Event, Marks, Role } from '@skein/protocol'
import { Timeline } from '../timeline/timeline.ts'
import type { TimelineItem } from '../api.ts'

/** Events kept of a conversation that was never opened, or not for long: enough to show at once. */
export const KEPT_CLOSED = 200
/** Events kept of an open one; beyond it the oldest are let go and come back with `loadOlder`. */
export const KEPT_OPEN = 5_000
/** Opened conversations that keep what was loaded; of older ones only `KEPT_CLOSED`. */
export const OPEN_LIMIT = 50

/** What is known of one conversation. Changed by the store alone. */
export class ConversationRecord {
  readonly id: string
  type: 'direct' | 'group' | undefined
  title: string | undefined
  peer: string | undefined
  role: Role | undefined
  /** The server said so. */
  joined = false
  /** Created here, and not yet told by the server. */
  local = false
  /** Held from before a reset of the user's log, and not yet told again. */
  stale = false
  /** Up to where its log was applied; undefined: nothing is known of it. */
  cursor: Cursor | undefined
  /** Marks of what was applied: what can be said to be read. */
  applied: Marks = {}
  heads: Marks = {}
  read: Marks = {}
  /** Newest message, by the timeline's order. */
  last: Event | undefined
  /** Newest hlc of anything in it: orders the list. */
  activity = 0
  readonly timeline = new Timeline()
  /** The newest page was loaded. */
  opened = false
  /** There may be history before the oldest that is loaded. */
  olderMore = true
  /** The oldest event that history has told, shown or not: where older pages go on. */
  floor: Event | undefined
  /** Grows when the log is void: an answer to an older question is void too. */
  epoch = 0
  /** What the app was last given; undefined after a change. */
  view: readonly TimelineItem[] | undefined
  /** Items of the last view, so that what did not change stays the same object. */
  items: ReadonlyMap<string, TimelineItem> = new Map()

  constructor(id: string) {
    this.id = id
  }

  get isMember(): boolean {
    return this.joined || this.local
  }

  /** Forgets the log, not the conversation. */
  clear(cursor: Cursor | undefined): void {
    this.timeline.clear()
    this.cursor = cursor
    this.heads = {}
    this.applied = {}
    this.last = undefined
    this.olderMore = true
    this.floor = undefined
    this.epoch++
    this.view = undefined
  }
}
