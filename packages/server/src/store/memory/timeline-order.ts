import type { TimelineKey } from '@skein/protocol'

const regionOf = (origin: string): string => origin.slice(0, origin.indexOf('.'))

const compare = <T extends number | string>(one: T, other: T): number =>
  Number(one > other) - Number(one < other)

/** Timelines sort by (hlc, region, seq). */
export const compareKeys = (one: TimelineKey, other: TimelineKey): number =>
  compare(one.hlc, other.hlc) ||
  compare(regionOf(one.origin), regionOf(other.origin)) ||
  compare(one.seq, other.seq)
