import { LIMITS } from './limits.ts'
import type { Body } from './values.ts'

const encoder = new TextEncoder()

/** UTF-8 length of a body's JSON. */
export const bodyBytes = (body: unknown): number => encoder.encode(JSON.stringify(body)).length

/** With the `u` flag a surrogate matches only when its other half is missing. */
const UNSTORABLE = /\u0000|\p{Surrogate}/u

/** PostgreSQL stores neither NUL nor half of a surrogate pair; a value with one is refused before it gets there. */
export const isStorableText = (text: string): boolean => !UNSTORABLE.test(text)

/** Checks every string in a JSON value, keys included. */
export function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return isStorableText(value)
  if (Array.isArray(value)) return value.every(isStorable)
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).every(([key, inner]) => isStorableText(key) && isStorable(inner))
  }
  return true
}

const HALF_A_PAIR = /\p{Surrogate}/u

/**
 * An escape or half a surrogate pair in a message's text: only then can a value in it be unstorable.
 * False: whatever is in this message, every string of it can be stored.
 */
export const mayBeUnstorable = (messageText: string): boolean =>
  // One character is found five times faster than two.
  (messageText.includes('\\') && messageText.includes('\\u')) || HALF_A_PAIR.test(messageText)

/** The longest that one UTF-16 unit becomes in JSON: `\u001f`. */
const MAX_BYTES_PER_UNIT = 6
/** The longest number, and more than `false`: `-2.2250738585072014e-308`. */
const MAX_SCALAR_BYTES = 24

const NOT_FINITE = -1
const TOO_DEEP = -2

/** At least the bytes of the value's JSON, or why it cannot be one. Costs per value, not per character. */
function boundBytes(value: unknown, depthLeft: number): number {
  if (typeof value === 'string') return value.length * MAX_BYTES_PER_UNIT + 2
  if (typeof value === 'number') return Number.isFinite(value) ? MAX_SCALAR_BYTES : NOT_FINITE
  if (typeof value !== 'object' || value === null) return MAX_SCALAR_BYTES
  if (depthLeft === 0) return TOO_DEEP
  let sum = 2
  if (Array.isArray(value)) {
    for (const inner of value) {
      const bytes = boundBytes(inner, depthLeft - 1)
      if (bytes < 0) return bytes
      sum += bytes + 1
    }
    return sum
  }
  // A JSON parser made it: there is nothing to inherit.
  for (const key in value) {
    const bytes = boundBytes(value[key as keyof typeof value], depthLeft - 1)
    if (bytes < 0) return bytes
    sum += key.length * MAX_BYTES_PER_UNIT + 4 + bytes
  }
  return sum
}

export type BodyFault = { readonly code: 'tooLarge' | 'unstorable'; readonly message: string }

/**
 * What is wrong with a body whatever its kind, or undefined.
 * @param mayBeBad whether its strings must be looked at (`mayBeUnstorable` of the text it came in)
 */
export function inspectBody(body: Body, mayBeBad: boolean): BodyFault | undefined {
  const bound = boundBytes(body, LIMITS.bodyDepth)
  if (bound === TOO_DEEP) {
    return { code: 'tooLarge', message: `a body nests at most ${LIMITS.bodyDepth} levels; make it flatter` }
  }
  if (bound === NOT_FINITE) {
    return {
      code: 'unstorable',
      message: 'a number of the body is beyond a 64-bit float; send it as a string',
    }
  }
  if (bound > LIMITS.bodyBytes) {
    const bytes = bodyBytes(body)
    if (bytes > LIMITS.bodyBytes) {
      return {
        code: 'tooLarge',
        message: `a body has at most ${LIMITS.bodyBytes} bytes, this one ${bytes}; shorten it`,
      }
    }
  }
  if (mayBeBad && !isStorable(body)) {
    return {
      code: 'unstorable',
      message: 'a string of the body holds NUL or half a surrogate pair; remove it',
    }
  }
  return undefined
}
