import type { Event } from '@skein/protocol'

type Place = Pick<Event, 'hlc' | 'origin' | 'seq'>

const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
const regionOf = (origin: string): string => origin.slice(0, origin.indexOf('.'))

/** Timelines sort by (hlc, region, seq); the incarnation only makes it total. */
export const comparePlaces = (one: Place, other: Place): number =>
  one.hlc - other.hlc ||
  compareText(regionOf(one.origin), regionOf(other.origin)) ||
  one.seq - other.seq ||
  compareText(one.origin, other.origin)
