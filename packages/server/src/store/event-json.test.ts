import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventJson } from './event-json.ts'

const natural = fc.maxSafeNat()
const id = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.@:+~=-]{0,20}$/)
const event = fc.record({
  origin: fc.stringMatching(/^[a-z0-9-]{1,8}\.[a-z0-9]{1,8}$/),
  seq: natural,
  hlc: natural,
  sender: fc.oneof(id, fc.constant('$system')),
  clientId: fc.uuid({ version: 7 }),
  kind: fc.constantFrom('message', 'create', 'a "kind"'),
  body: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
  count: natural,
  at: natural,
})

test('an event is encoded as JSON.stringify would, whether or not the text of its body is at hand', () => {
  fc.assert(
    fc.property(event, (one) => {
      const record = { app: 'a', conversation: 'g', lane: 0, laneOffset: 1, event: one }
      const json = JSON.stringify(one)
      expect(eventJson(record)).toBe(json)
      expect(eventJson({ ...record, bodyText: JSON.stringify(one.body) })).toBe(json)
    }),
  )
})
