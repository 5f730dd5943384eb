import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import { CLOSE, ERRORS } from './codes.ts'
import { DispatchHeader } from './dispatch-jws.ts'
import { DispatchDocument } from './dispatch.ts'
import {
  CreateBody,
  JoinedBody,
  LeftBody,
  MemberBody,
  ReadBody,
  RevokedBody,
  RoleBody,
  TitleBody,
} from './event.ts'
import { ClientFrame, ServerFrame } from './frames.ts'
import { LIMITS } from './limits.ts'
import { describeSchema } from './testing/describe-schema.ts'
import { PROTOCOL_FINGERPRINT, PROTOCOL_REVISION, SUBPROTOCOL } from './version.ts'

const dispatch = { DispatchHeader, DispatchDocument }
const bodies = { CreateBody, MemberBody, TitleBody, JoinedBody, LeftBody, RoleBody, ReadBody, RevokedBody }

const fingerprint = (): string =>
  createHash('sha256')
    .update(
      JSON.stringify(
        describeSchema({ ClientFrame, ServerFrame, ...bodies, ...dispatch, LIMITS, CLOSE, ERRORS }),
      ),
    )
    .digest('hex')
    .slice(0, 16)

test('VER1 nothing of the wire changed without a decision about its revision', () => {
  const now = fingerprint()
  expect(
    now,
    `The wire changed: schemas, limits or codes are not those of ${SUBPROTOCOL} revision ${PROTOCOL_REVISION}.
Decide, then record PROTOCOL_FINGERPRINT = '${now}' in version.ts:
- an older peer cannot read it: a new subprotocol name beside the old one;
- an older peer can, and a peer may want to know: PROTOCOL_REVISION + 1;
- this revision was never released, or nothing on the wire differs: the same revision.
And bring SPEC.md and vectors/ along.`,
  ).toBe(PROTOCOL_FINGERPRINT)
})

test('the description of a schema shows every kind of change', () => {
  const base = z.object({ a: z.string().check(z.maxLength(3)), b: z.optional(z.int()) })
  const changed = [
    z.object({ a: z.string().check(z.maxLength(4)), b: z.optional(z.int()) }),
    z.object({ a: z.string().check(z.maxLength(3)), b: z.int() }),
    z.object({ a: z.string().check(z.maxLength(3)), b: z.optional(z.int().check(z.nonnegative())) }),
    z.object({ a: z.string().check(z.maxLength(3)), c: z.optional(z.int()) }),
    z.object({ a: z.string().check(z.maxLength(3), z.regex(/^a/)), b: z.optional(z.int()) }),
    z.object({
      a: z.string().check(
        z.maxLength(3),
        z.refine(() => true, 'odd'),
      ),
      b: z.optional(z.int()),
    }),
    z.object({ a: z.enum(['x']), b: z.optional(z.int()) }),
    z.object({ a: z.enum(['y']), b: z.optional(z.int()) }),
    z.object({ a: z.literal('x'), b: z.optional(z.int()) }),
    z.object({ a: z.literal('y'), b: z.optional(z.int()) }),
    z.object({ a: z.array(z.string()), b: z.optional(z.int()) }),
    z.object({ a: z.record(z.string(), z.string()), b: z.optional(z.int()) }),
    z.object({ a: z.union([z.string(), z.boolean()]), b: z.optional(z.int()) }),
    z.object({ a: z.custom(() => true, 'an object'), b: z.optional(z.int()) }),
  ]
  const seen = [base, ...changed].map((schema) => JSON.stringify(describeSchema(schema)))
  expect(new Set(seen).size).toBe(seen.length)
})

test('the description does not depend on the order of members', () => {
  const one = z.object({ a: z.string(), b: z.int() })
  const other = z.object({ b: z.int(), a: z.string() })
  expect(describeSchema(one)).toEqual(describeSchema(other))
  expect(JSON.stringify(describeSchema(one))).toBe(JSON.stringify(describeSchema(other)))
})
