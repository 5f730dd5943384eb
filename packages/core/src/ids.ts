import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** UUID version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then randomness. Sorts by time. */
export function uuidv7(clock: Pick<Clock, 'now'>, random: Random): string {
  const time = hex(Math.max(0, Math.floor(clock.now())), 12)
  const bits = (count: number): number => Math.floor(random.next() * 2 ** count)
  const version = hex(0x7000 | bits(12), 4)
  const variant = hex(0x8000 | bits(14), 4)
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${hex(bits(24), 6)}${hex(bits(24), 6)}`
}

/** Milliseconds since 1970 that a UUIDv7 carries; NaN for anything else. */
export function uuidv7TimeMs(id: string): number {
  return id.length === 36 && id[14] === '7' ? parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : NaN
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Short random name (5 bits a character, no look-alikes) for sessions, incarnations, outboxes. */
export function randomName(random: Random, length = 12): string {
  let name = ''
  for (let i = 0; i < length; i++) name += ALPHABET[Math.floor(random.next() * 32)]
  return name
}
