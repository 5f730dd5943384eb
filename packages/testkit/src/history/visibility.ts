import { CreateBody, MemberBody, type Event } from '@skein/protocol'

/** Indexes into a conversation's ordered log, both inclusive. */
export interface Interval {
  readonly from: number
  readonly until: number
}

/**
 * Who may see what, folded from the log alone: an own opinion beside that of the store. A member sees
 * the event that added it and the one that removed it, and what lies between.
 */
export function visibilityOf(ordered: readonly Event[]): ReadonlyMap<string, readonly Interval[]> {
  const intervals = new Map<string, Interval[]>()
  const open = (user: string, from: number): void => {
    const of = intervals.get(user) ?? []
    if (of.at(-1)?.until === Infinity) return
    intervals.set(user, [...of, { from, until: Infinity }])
  }
  const shut = (user: string, until: number): void => {
    const of = intervals.get(user)
    const last = of?.at(-1)
    if (of === undefined || last?.until !== Infinity) return
    intervals.set(user, [...of.slice(0, -1), { from: last.from, until }])
  }
  for (const [index, event] of ordered.entries()) {
    if (event.kind === 'create') {
      for (const user of createdMembers(event)) open(user, index)
    } else if (event.kind === 'member') {
      const body = MemberBody.parse(event.body)
      if (body.change === 'add') for (const { user } of body.members) open(user, index)
      if (body.change === 'remove') shut(body.user, index)
    }
  }
  return intervals
}

function createdMembers(event: Event): string[] {
  const body = CreateBody.parse(event.body)
  const others = body.type === 'direct' ? [body.with] : body.members.map(({ user }) => user)
  return event.sender.startsWith('$') ? others : [event.sender, ...others]
}

export const isVisible = (intervals: readonly Interval[] | undefined, index: number): boolean =>
  intervals?.some(({ from, until }) => from <= index && index <= until) ?? false

export const isMember = (intervals: readonly Interval[] | undefined): boolean =>
  intervals?.at(-1)?.until === Infinity
