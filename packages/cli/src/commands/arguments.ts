import { InvalidArgumentError } from 'commander'

/** Reads a whole number between bounds for commander. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** Reads `90`, `90s`, `15m`, `12h` or `7d` as seconds for commander. */
export function durationSeconds(text: string): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text)
  const seconds = Number(match?.[1]) * (UNIT_SECONDS[match?.[2] || 's'] ?? NaN)
  if (seconds > 0) return seconds
  throw new InvalidArgumentError('It must be a duration such as 90s, 15m, 12h or 7d.')
}
