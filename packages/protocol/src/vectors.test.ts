import { hlcNext } from '@skein/core'
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { decodeClientMessage, decodeServerMessage, type Decoded } from './codec.ts'
import { closeAction, ERROR_CODES, remedyFor } from './codes.ts'
import { directConversationId } from './conversation-id.ts'
import { dispatchKeyId, parseDispatchJws, readDispatchPayload } from './dispatch-jws.ts'
import { dispatchAge } from './dispatch.ts'
import { Event } from './event.ts'
import { ClientFrame, ServerFrame } from './frames.ts'
import { foldTimeline } from './timeline-order.ts'

const file = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

function vectors<Row>(name: string, row: z.ZodMiniType<Row>): Row[] {
  return z.array(row).parse(JSON.parse(file(`../vectors/${name}.json`)))
}

const Frames = z.object({ name: z.string(), rule: z.string(), text: z.string(), expect: z.array(z.string()) })
const told = (results: readonly Decoded<unknown>[]): string[] =>
  results.map((result) => (result.ok ? 'ok' : result.code))

const Dispatch = z.object({
  rule: z.string(),
  name: z.string(),
  keys: z.array(z.string()),
  nowMs: z.int(),
  text: z.string(),
  expect: z.enum(['fresh', 'stale', 'expired', 'ahead', 'refused']),
  endpoints: z.optional(z.array(z.string())),
})

/** What a client makes of a dispatch answer. */
function judgeDispatch({ keys, nowMs, text }: z.infer<typeof Dispatch>) {
  const read = parseDispatchJws(text)
  if (!read.ok) return { age: 'refused' }
  const { kid, signed, signature, payload } = read.value
  const x = keys.find((key) => dispatchKeyId(key) === kid)
  if (x === undefined) return { age: 'refused' }
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const opened = verify(null, signed, key, signature) && readDispatchPayload(payload)
  if (opened === false || !opened.ok) return { age: 'refused' }
  const { value } = opened
  return { age: dispatchAge(value, nowMs), endpoints: value.endpoints.map(({ id }) => id) }
}

const clientFrames = vectors('client-frames', Frames)
const serverFrames = vectors('server-frames', Frames)

describe('vectors', () => {
  test.each(clientFrames)('$rule client frames: $name', ({ text, expect: expected }) => {
    expect(told(decodeClientMessage(text))).toEqual(expected)
  })

  test.each(serverFrames)('$rule server frames: $name', ({ text, expect: expected }) => {
    expect(told(decodeServerMessage(text))).toEqual(expected)
  })

  test.each(vectors('close-codes', z.object({ rule: z.string(), code: z.int(), action: z.string() })))(
    '$rule after close $code: $action',
    ({ code, action }) => {
      expect(closeAction(code)).toBe(action)
    },
  )

  const errorCodes = vectors(
    'error-codes',
    z.object({ rule: z.string(), code: z.string(), remedy: z.string() }),
  )
  test.each(errorCodes)('$rule after $code: $remedy', ({ code, remedy }) => {
    expect(remedyFor(code)).toBe(remedy)
  })

  test.each(
    vectors(
      'direct-conversation-id',
      z.object({ rule: z.string(), users: z.tuple([z.string(), z.string()]), id: z.string() }),
    ),
  )('$rule $users', ({ users: [one, other], id }) => {
    expect([directConversationId(one, other), directConversationId(other, one)]).toEqual([id, id])
  })

  test.each(
    vectors(
      'hlc',
      z.object({ rule: z.string(), name: z.string(), nowMs: z.int(), seen: z.array(z.int()), hlc: z.int() }),
    ),
  )('$rule hlc: $name', ({ nowMs, seen, hlc }) => {
    expect(hlcNext(nowMs, ...seen)).toBe(hlc)
  })

  test.each(
    vectors(
      'timeline-order',
      z.object({ rule: z.string(), name: z.string(), events: z.array(Event), timeline: z.array(z.int()) }),
    ),
  )('$rule timeline: $name', ({ events, timeline }) => {
    const expected = timeline.map((index) => events[index])
    expect(foldTimeline(events)).toEqual(expected)
    expect(foldTimeline(events.toReversed())).toEqual(expected)
  })

  test.each(vectors('dispatch', Dispatch))('$rule dispatch: $name', (row) => {
    const { age, endpoints } = judgeDispatch(row)
    expect([age, endpoints]).toEqual([row.expect, row.endpoints])
  })

  test('hold a good one of every frame type, and every error code', () => {
    const good = (rows: typeof clientFrames, decode: (text: string) => Decoded<{ t: string }>[]) =>
      new Set(
        rows.flatMap((row) => decode(row.text)).flatMap((result) => (result.ok ? [result.frame.t] : [])),
      )
    const types = (union: typeof ClientFrame | typeof ServerFrame) =>
      union.def.options.map((option) => option.shape.t.def.values[0])
    expect([...good(clientFrames, decodeClientMessage)].sort()).toEqual(types(ClientFrame).sort())
    expect([...good(serverFrames, decodeServerMessage)].sort()).toEqual(types(ServerFrame).sort())
    expect(errorCodes.map((row) => row.code)).toEqual(expect.arrayContaining([...ERROR_CODES]))
  })
})
