import { decodeClientMessage } from '@skein/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { peekSends } from './peek-send.ts'

const clientId = '0190b0a0-0000-7000-8000-000000000001'
const send = { t: 'send', conversation: 'team.a@b', clientId, kind: 'message', body: { text: 'hi' } }

test('a send of an ordinary client is known without parsing it', () => {
  expect(peekSends(JSON.stringify(send))).toEqual([{ conversation: 'team.a@b', clientId }])
})

test('so are those of a message that is nothing but sends, as the SDK gathers them, whatever they hold', () => {
  const other = { ...send, conversation: 'b', body: { text: '"},{"t":"send"' }, after: clientId }
  expect(peekSends(JSON.stringify([send, other]))).toMatchObject([
    { conversation: 'team.a@b', clientId },
    { conversation: 'b', clientId },
  ])
})

test.each([
  ['a send and something else', JSON.stringify([send, { t: 'ping', n: 1 }])],
  ['more frames than a message may have', JSON.stringify(Array.from({ length: 257 }, () => send))],
  ['an array of a bad one', JSON.stringify([send, { ...send, clientId: 'x' }])],
  ['a message that is cut', JSON.stringify([send, send]).slice(0, -1)],
  ['another frame', JSON.stringify({ ...send, t: 'typing' })],
  ['fields in another order', JSON.stringify(Object.fromEntries(Object.entries(send).toReversed()))],
  ['the own system log', JSON.stringify({ ...send, conversation: '@me' })],
  ['a clientId that is none', JSON.stringify({ ...send, clientId: 'x' })],
  ['nothing', ''],
])('%s is left to the parser', (_what, text) => {
  expect(peekSends(text)).toBeUndefined()
})

test('it never names anything but what the parser would', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 130 }), fc.uuid({ version: 7 }), (conversation, id) => {
      const text = JSON.stringify({ ...send, conversation, clientId: id })
      const [decoded] = decodeClientMessage(text)
      const names = peekSends(text)
      if (decoded?.ok) expect(names).toEqual([{ conversation, clientId: id }])
      else expect(names).toBeUndefined()
    }),
  )
})
