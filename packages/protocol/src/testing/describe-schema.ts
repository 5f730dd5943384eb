import type { JsonValue } from '../values.ts'

/** What of a schema's definition shows on the wire. The rest is zod's own and may change with its releases. */
const WIRE_KEYS = [
  'type',
  'shape',
  'options',
  'element',
  'innerType',
  'keyType',
  'valueType',
  'values',
  'entries',
  'checks',
  'check',
  'format',
  'pattern',
  'minimum',
  'maximum',
  'value',
  'inclusive',
]

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** A schema, check or part of one as canonical JSON. Refinements in code show as their message only. */
export function describeSchema(part: unknown): JsonValue {
  if (part instanceof RegExp) return String(part)
  if (Array.isArray(part)) return part.map(describeSchema)
  if (!isFields(part))
    return typeof part === 'bigint' || typeof part === 'function'
      ? String(part)
      : (JSON.parse(JSON.stringify(part ?? null)) as JsonValue)
  const internals = part['_zod']
  if (!isFields(internals)) return sorted(Object.entries(part))
  const definition = internals['def']
  if (!isFields(definition))
    throw new Error('a zod schema without a definition: zod changed, and this walker must follow')
  const told = WIRE_KEYS.flatMap((key): [string, unknown][] =>
    definition[key] === undefined ? [] : [[key, definition[key]]],
  )
  if (definition['check'] === 'custom') told.push(['message', messageOf(definition['error'])])
  return sorted(told)
}

/** zod keeps a check's message as a function of the issue. */
const isMessage = (error: unknown): error is (issue: object) => unknown => typeof error === 'function'

const messageOf = (error: unknown): string => (isMessage(error) ? String(error({})) : 'unnamed')

const sorted = (entries: readonly [string, unknown][]): JsonValue =>
  Object.fromEntries(
    entries
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, value]) => [key, describeSchema(value)]),
  )
