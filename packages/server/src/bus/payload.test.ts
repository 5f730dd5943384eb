import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LogRecord } from '../store/store.ts'
import type { BusTarget } from './bus.ts'
import {
  decodePayload,
  encodeBeat,
  encodeHint,
  encodeMessage,
  MAX_HINTED_EVENT_BYTES,
  packHints,
} from './payload.ts'

const text = fc.string({ unit: 'binary', maxLength: 40 })
const count = fc.nat()
const records: fc.Arbitrary<LogRecord> = fc
  .record({
    app: text,
    conversation: text,
    lane: count,
    laneOffset: count,
    seq: count,
    origin: text,
    said: text,
  })
  .map(({ app, conversation, lane, laneOffset, seq, origin, said }) => ({
    app,
    conversation,
    lane,
    laneOffset,
    event: {
      origin,
      seq,
      hlc: 1,
      sender: 'ann',
      clientId: '0190f3a4-0000-7000-8000-0000000000ff',
      kind: 'message',
      body: { text: said },
      count: 1,
      at: 1,
    },
  }))
const targets: fc.Arbitrary<BusTarget> = fc.oneof(
  fc.constant({ to: 'all' } as const),
  fc.record({ to: fc.constant('node' as const), node: text }),
  fc.record({ to: fc.constant('conversation' as const), app: text, conversation: text }),
)

const hintsOf = (payloads: readonly string[]) =>
  payloads.flatMap((payload) => {
    const decoded = decodePayload(payload)
    return decoded?.kind === 'hints' ? decoded.hints : []
  })

describe('payloads', () => {
  test('hints come out as they went in, in order, however they are cut, and no payload is too large', () => {
    fc.assert(
      fc.property(
        fc.array(records, { maxLength: 30 }),
        fc.integer({ min: 1_500, max: 9_000 }),
        (sent, maxBytes) => {
          const payloads = packHints('node', sent.map(encodeHint), maxBytes)
          for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(maxBytes)
          // As JSON has it: lone surrogates and all.
          const expected = sent.map(({ event, ...keys }) => ({
            ...keys,
            origin: event.origin,
            seq: event.seq,
            event,
          }))
          expect(hintsOf(payloads)).toEqual(expected)
        },
      ),
    )
  })

  test('are as full as the bound allows', () => {
    const hint = '[1]'
    const head = '["h","n",['.length + ']]'.length
    expect(packHints('n', [hint, hint], head + 7)).toHaveLength(1)
    expect(packHints('n', [hint, hint], head + 6)).toHaveLength(2)
    expect(packHints('n', [], 100)).toEqual([])
  })

  test('an event travels up to the bound in bytes, beyond it only its position', () => {
    const sized = (bytes: number): LogRecord => {
      const [record] = fc.sample(records, { numRuns: 1, seed: 1 })
      if (record === undefined) throw new Error('no sample')
      const event = { ...record.event, body: { text: '' } }
      const room = bytes - Buffer.byteLength(JSON.stringify(event))
      return { ...record, event: { ...event, body: { text: 'x'.repeat(room) } } }
    }
    const [fits, tooLarge] = [sized(MAX_HINTED_EVENT_BYTES), sized(MAX_HINTED_EVENT_BYTES + 1)]
    expect(hintsOf(packHints('n', [encodeHint(fits)], 9_000))[0]?.event).toEqual(fits.event)
    expect(hintsOf(packHints('n', [encodeHint(tooLarge)], 9_000))[0]).not.toHaveProperty('event')
  })

  test('messages come out as they went in', () => {
    fc.assert(
      fc.property(
        text,
        targets,
        fc.dictionary(
          text.filter((key) => key !== '__proto__'),
          fc.jsonValue(),
        ),
        (from, target, body) => {
          const decoded = decodePayload(encodeMessage(from, target, JSON.parse(JSON.stringify(body))))
          expect(decoded).toEqual({
            kind: 'message',
            message: { from, target, body: JSON.parse(JSON.stringify(body)) },
          })
        },
      ),
    )
  })

  test('beats come out as they went in', () => {
    expect(decodePayload(encodeBeat('a', 'link', 3))).toEqual({
      kind: 'beat',
      from: 'a',
      link: 'link',
      beat: 3,
    })
  })

  test('any other JSON is none', () => {
    fc.assert(fc.property(fc.json(), (json) => decodePayload(json) === undefined))
  })

  test.each([
    '',
    '{',
    '["h"]',
    '["h","a",[["app","c",0,1,"o",-1]]]',
    '["h","a",[["app","c",0,1,"o",1,{"origin":"o","seq":2,"kind":"message"}]]]',
    '["m","a",[1],{}]',
    '["m","a",[],[]]',
    '["b","a","l"]',
  ])('%s is none', (text) => {
    expect(decodePayload(text)).toBeUndefined()
  })
})
