import type { Marks, Role } from '@skein/protocol'
import { UNDER_LOCK, type ConversationLog } from './conversation-log.ts'
import { currentInterval, type Interval } from './intervals.ts'
import type { Stored, Undo } from './stored.ts'

/** A direct or group conversation: its log, and the state that its events made. */
export class Conversation {
  readonly log: ConversationLog
  readonly type: 'direct' | 'group'
  title: string | undefined
  /** Every membership there was, per user, oldest first. */
  readonly #intervals = new Map<string, readonly Interval[]>()
  readonly #roles = new Map<string, Role>()
  readonly #reads = new Map<string, Marks>()
  #owners = 0
  #sorted: readonly string[] | undefined

  constructor(log: ConversationLog, type: 'direct' | 'group', title: string | undefined) {
    this.log = log
    this.type = type
    this.title = title
  }

  get memberCount(): number {
    return this.#roles.size
  }

  get ownerCount(): number {
    return this.#owners
  }

  /** The event that began it. */
  get created(): Stored | undefined {
    return this.log.timeline[0]
  }

  roleOf(user: string): Role | undefined {
    return this.#roles.get(user)
  }

  intervalsOf(user: string): readonly Interval[] {
    return this.#intervals.get(user) ?? []
  }

  readOf(user: string): Marks {
    return this.#reads.get(user) ?? {}
  }

  /** Who is a member as far as a reader at `nowMs` can know, sorted. */
  membersAt(nowMs: number): readonly string[] {
    const newest = this.log.timeline.at(-1)
    if (newest === undefined || newest.visibleAtMs <= nowMs) return this.#sortedMembers()
    const known = [...this.#intervals].filter(
      ([, intervals]) => currentInterval(intervals, nowMs) !== undefined,
    )
    return known.map(([user]) => user).toSorted()
  }

  /** The other user of a direct conversation; oneself, alone with oneself. */
  peerOf(user: string): string | undefined {
    if (this.type !== 'direct') return undefined
    return [...this.#intervals.keys()].find((other) => other !== user) ?? user
  }

  join(user: string, interval: Interval, read: Marks): Undo {
    const undoInterval = this.#setIntervals(user, [...this.intervalsOf(user), interval])
    const undoRole = this.#setRole(user, interval.role)
    const undoRead = this.setRead(user, read)
    return () => {
      undoRead()
      undoRole()
      undoInterval()
    }
  }

  leave(user: string, closed: Stored): Undo {
    const until = this.log.cursor(UNDER_LOCK)
    const intervals = this.intervalsOf(user)
    const undoInterval = this.#setIntervals(
      user,
      intervals.map((interval) =>
        interval.closed === undefined ? { ...interval, until, closed } : interval,
      ),
    )
    const undoRole = this.#setRole(user, undefined)
    return () => {
      undoRole()
      undoInterval()
    }
  }

  changeRole(user: string, role: Role): Undo {
    const intervals = this.intervalsOf(user)
    const undoInterval = this.#setIntervals(
      user,
      intervals.map((interval) => (interval.closed === undefined ? { ...interval, role } : interval)),
    )
    const undoRole = this.#setRole(user, role)
    return () => {
      undoRole()
      undoInterval()
    }
  }

  setTitle(title: string): Undo {
    const before = this.title
    this.title = title
    return () => {
      this.title = before
    }
  }

  setRead(user: string, read: Marks): Undo {
    return setOrDelete(this.#reads, user, read)
  }

  #sortedMembers(): readonly string[] {
    this.#sorted ??= [...this.#roles.keys()].toSorted()
    return this.#sorted
  }

  #setIntervals(user: string, intervals: readonly Interval[]): Undo {
    return setOrDelete(this.#intervals, user, intervals)
  }

  #setRole(user: string, role: Role | undefined): Undo {
    const ownersBefore = this.#owners
    this.#owners += Number(role === 'owner') - Number(this.#roles.get(user) === 'owner')
    if ((role === undefined) === this.#roles.has(user)) this.#sorted = undefined
    const undo = setOrDelete(this.#roles, user, role)
    return () => {
      undo()
      this.#owners = ownersBefore
      this.#sorted = undefined
    }
  }
}

/** Sets a value, or deletes it when undefined; the undo puts back what was there. */
export function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | undefined): Undo {
  const before = map.get(key)
  if (value === undefined) map.delete(key)
  else map.set(key, value)
  return () => {
    if (before === undefined) map.delete(key)
    else map.set(key, before)
  }
}
