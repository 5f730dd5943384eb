import { messageId, type Cursor, type Event } from '@skein/protocol'
import type { History, LoggedEvent } from './history.ts'
import { isMember, isVisible, visibilityOf, type Interval } from './visibility.ts'

export const positionKey = (event: { readonly origin: string; readonly seq: number }): string =>
  `${event.origin}:${event.seq}`

export const idOf = (event: Event): string => messageId(event.sender, event.clientId)

/** Timelines sort by (hlc, region, seq); the incarnation only makes the order total. */
export function compareEvents(a: Event, b: Event): number {
  if (a.hlc !== b.hlc) return a.hlc - b.hlc
  const [regionA, regionB] = [a.origin.split('.', 1)[0] ?? '', b.origin.split('.', 1)[0] ?? '']
  if (regionA !== regionB) return regionA < regionB ? -1 : 1
  if (a.seq !== b.seq) return a.seq - b.seq
  return a.origin < b.origin ? -1 : Number(a.origin > b.origin)
}

/** One conversation's log, ready for look-ups. */
export class ConversationLog {
  readonly conversation: string
  readonly ordered: readonly Event[]
  readonly indexByPosition: ReadonlyMap<string, number>
  readonly indexById: ReadonlyMap<string, number>
  readonly visibility: ReadonlyMap<string, readonly Interval[]>

  constructor(conversation: string, events: readonly Event[]) {
    this.conversation = conversation
    this.ordered = events.toSorted(compareEvents)
    this.indexByPosition = new Map(this.ordered.map((event, index) => [positionKey(event), index]))
    this.indexById = new Map(this.ordered.map((event, index) => [idOf(event), index]))
    this.visibility = visibilityOf(this.ordered)
  }

  isVisibleTo(user: string, index: number): boolean {
    return isVisible(this.visibility.get(user), index)
  }

  currentMembers(): string[] {
    return [...this.visibility].filter(([, intervals]) => isMember(intervals)).map(([user]) => user)
  }

  /** Events between two indexes, both exclusive, that the user may see. */
  visibleBetween(user: string, after: number, before: number): Event[] {
    return this.ordered
      .slice(after + 1, Math.max(after + 1, before))
      .filter((_, i) => this.isVisibleTo(user, after + 1 + i))
  }

  /** Index of the newest event that the cursor covers; -1 when it covers none. */
  indexOfCursor(cursor: Cursor): number {
    return this.ordered.findLastIndex((event) => event.seq <= (cursor[event.origin] ?? 0))
  }
}

export interface LogIndex {
  readonly conversations: ReadonlyMap<string, ConversationLog>
  /** `conversation` + position, and `conversation` + message id, of what a failover lost. */
  readonly lostPositions: ReadonlySet<string>
  readonly lostIds: ReadonlySet<string>
  /** Those that a failover took something from. */
  readonly lostConversations: ReadonlySet<string>
}

export function indexLog(history: Pick<History, 'log' | 'lost'>): LogIndex {
  const grouped = new Map<string, Event[]>()
  for (const { conversation, event } of history.log) {
    const events = grouped.get(conversation)
    if (events === undefined) grouped.set(conversation, [event])
    else events.push(event)
  }
  const name = (of: (event: Event) => string) => (lost: LoggedEvent) =>
    `${lost.conversation} ${of(lost.event)}`
  return {
    conversations: new Map([...grouped].map(([id, events]) => [id, new ConversationLog(id, events)])),
    lostPositions: new Set(history.lost.map(name(positionKey))),
    lostIds: new Set(history.lost.map(name(idOf))),
    lostConversations: new Set(history.lost.map(({ conversation }) => conversation)),
  }
}

/** The same event, whoever read it: nothing of it may change on its way. */
export const sameEvent = (a: Event, b: Event): boolean =>
  a.origin === b.origin &&
  a.seq === b.seq &&
  a.hlc === b.hlc &&
  a.sender === b.sender &&
  a.clientId === b.clientId &&
  a.kind === b.kind &&
  a.count === b.count &&
  canonical(a.body) === canonical(b.body)

/** JSON with sorted keys: PostgreSQL's jsonb does not keep their order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
