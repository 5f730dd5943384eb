/**
 * Hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014) in one safe integer:
 * milliseconds since 1970 × 1024 + a logical count. It stays below 2^53 until the year 2248, and
 * a count that overflows simply carries into the milliseconds.
 */
export type Hlc = number

export const HLC_TICKS_PER_MS = 1024

export const hlcFromMs = (ms: number): Hlc => Math.floor(ms) * HLC_TICKS_PER_MS

export const hlcToMs = (hlc: Hlc): number => Math.floor(hlc / HLC_TICKS_PER_MS)

/** The next reading after everything that was seen and not before the clock. */
export const hlcNext = (nowMs: number, ...seen: readonly Hlc[]): Hlc =>
  Math.max(hlcFromMs(nowMs), ...seen) + 1
