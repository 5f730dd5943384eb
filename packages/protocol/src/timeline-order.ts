import type { Event, TimelineKey } from './event.ts'

const regionOf = (origin: string): string => origin.slice(0, origin.indexOf('.'))

/** ASCII names by code unit, never by locale: every machine must agree. */
const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/**
 * The order of a timeline: (hlc, region, seq). The whole origin decides what then is still equal, which
 * only the incarnations of one region can be.
 */
export function compareTimeline(one: TimelineKey, other: TimelineKey): number {
  if (one.hlc !== other.hlc) return one.hlc - other.hlc
  const byRegion = compareText(regionOf(one.origin), regionOf(other.origin))
  if (byRegion !== 0) return byRegion
  if (one.seq !== other.seq) return one.seq - other.seq
  return compareText(one.origin, other.origin)
}

/**
 * The timeline of a conversation out of its events in any order, repetitions included: sorted, and of
 * what one sender said under one clientId only the earliest (two regions may both have accepted it).
 */
export function foldTimeline(events: Iterable<Event>): Event[] {
  const earliest = new Map<string, Event>()
  for (const event of events) {
    const name = `${event.sender}/${event.clientId}`
    const held = earliest.get(name)
    if (held === undefined || compareTimeline(event, held) < 0) earliest.set(name, event)
  }
  return [...earliest.values()].sort(compareTimeline)
}
