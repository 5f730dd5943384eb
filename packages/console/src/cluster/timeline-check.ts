import type { TimelineItem } from '@skein/sdk'

export interface Faults {
  readonly lost: number
  readonly doubled: number
  readonly outOfOrder: number
}

export const NO_FAULTS: Faults = { lost: 0, doubled: 0, outOfOrder: 0 }

export interface Place {
  readonly origin: string
  readonly seq: number
}

/** Own messages that the server acknowledged, with their places as far as they are known. */
export type Acknowledged = ReadonlyMap<string, Place | undefined>

export const addFaults = (one: Faults, other: Faults): Faults => ({
  lost: one.lost + other.lost,
  doubled: one.doubled + other.doubled,
  outOfOrder: one.outOfOrder + other.outOfOrder,
})

/**
 * Holds a timeline against what was promised: positions are dense and stand in order, nothing stands
 * twice, and every own message that was acknowledged is there.
 */
export function checkTimeline(
  items: readonly TimelineItem[],
  acknowledged: Acknowledged,
  me: string,
): Faults {
  const ids = new Set<string>()
  const newest = new Map<string, number>()
  const oldest = new Map<string, number>()
  let faults = NO_FAULTS
  let before: TimelineItem | undefined
  for (const item of items) {
    if (ids.has(item.id)) faults = addFaults(faults, { ...NO_FAULTS, doubled: 1 })
    ids.add(item.id)
    if (item.event === undefined) continue
    const { origin, seq } = item.event
    const last = newest.get(origin)
    if (last === undefined) oldest.set(origin, seq)
    else faults = addFaults(faults, stepFaults(last, seq, item, me))
    if (before?.event !== undefined && before.event.hlc > item.event.hlc)
      faults = addFaults(faults, { ...NO_FAULTS, outOfOrder: 1 })
    newest.set(origin, Math.max(last ?? seq, seq))
    before = item
  }
  let missing = 0
  for (const [clientId, place] of acknowledged) {
    if (!ids.has(`${me}/${clientId}`) && !isOlder(place, oldest)) missing += 1
  }
  return addFaults(faults, { ...NO_FAULTS, lost: missing })
}

/** From one position of an origin to the next one in the timeline. */
function stepFaults(last: number, seq: number, item: TimelineItem, me: string): Faults {
  if (seq === last) return { ...NO_FAULTS, doubled: 1 }
  if (seq < last) return { ...NO_FAULTS, outOfOrder: 1 }
  return { ...NO_FAULTS, lost: letsIn(item, me) ? 0 : seq - last - 1 }
}

/** Who comes back to a group does not see what was said in between. */
function letsIn({ kind, body }: TimelineItem, me: string): boolean {
  const members = kind === 'member' && body['change'] === 'add' ? body['members'] : undefined
  return (
    Array.isArray(members) &&
    members.some(
      (member: unknown) =>
        typeof member === 'object' && member !== null && 'user' in member && member.user === me,
    )
  )
}

/** Only the newest pages are loaded: what stands before them is not looked for. */
const isOlder = (place: Place | undefined, oldest: ReadonlyMap<string, number>): boolean =>
  place !== undefined && place.seq < (oldest.get(place.origin) ?? 0)
