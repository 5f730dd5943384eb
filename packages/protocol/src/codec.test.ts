import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeClientMessage, decodeServerMessage, encodeFrame, joinEncoded } from './codec.ts'
import { isErrorCode } from './codes.ts'
import { ClientFrame, ServerFrame } from './frames.ts'
import { plainSend, Send } from './frames/send.ts'
import { clientFrame, CLIENT_FRAMES, SERVER_FRAMES } from './testing/arbitrary-frames.ts'

/** Values that look like frames and are wrong somewhere. */
const nearlyAFrame = clientFrame.chain((frame) =>
  fc
    .record({
      key: fc.constantFrom(...Object.keys(frame)),
      value: fc.option(fc.jsonValue(), { nil: undefined }),
    })
    .map(({ key, value }): unknown => ({ ...frame, [key]: value })),
)

describe('CONN3 round trip', () => {
  test.each(Object.entries(CLIENT_FRAMES))('client frame %s comes back as it was', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (frame) => {
        expect(decodeClientMessage(encodeFrame(frame))).toEqual([{ ok: true, frame }])
      }),
    )
  })

  test.each(Object.entries(SERVER_FRAMES))('server frame %s comes back as it was', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (frame) => {
        expect(decodeServerMessage(encodeFrame(frame))).toEqual([{ ok: true, frame }])
      }),
    )
  })

  test('several frames as one message come back in order', () => {
    fc.assert(
      fc.property(fc.array(clientFrame, { maxLength: 10 }), (frames) => {
        const decoded = decodeClientMessage(joinEncoded(frames.map(encodeFrame)))
        expect(decoded).toEqual(frames.map((frame) => ({ ok: true, frame })))
      }),
    )
  })

  test('every frame type of the schemas has an arbitrary', () => {
    const types = (union: typeof ClientFrame | typeof ServerFrame) =>
      union.def.options.map((option) => option.shape.t.def.values[0])
    expect(Object.keys(CLIENT_FRAMES).sort()).toEqual(types(ClientFrame).sort())
    expect(Object.keys(SERVER_FRAMES).sort()).toEqual(types(ServerFrame).sort())
  })

  test('CONN5 an empty array is a message without frames', () => {
    expect(decodeClientMessage('[]')).toEqual([])
  })

  test('CONN4 unknown members of a frame are ignored', () => {
    expect(decodeClientMessage('{"t":"ping","n":1,"later":{"x":1}}')).toEqual([
      { ok: true, frame: { t: 'ping', n: 1 } },
    ])
  })
})

describe('the short way for messages', () => {
  /** Sends with members of which each may be wrong, in the ways that JSON can say. */
  const wrongHere = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1.5, 2 ** 53, '', 'x'.repeat(129), '@me'))
  const variant = CLIENT_FRAMES.send.chain((send) =>
    fc
      .record({
        key: fc.constantFrom(...Object.keys(send), 'after', 'afterHlc', 'later', '__proto__'),
        value: fc.oneof(wrongHere, fc.constant(undefined)),
      })
      .map(({ key, value }): unknown => JSON.parse(JSON.stringify({ ...send, [key]: value }))),
  )

  test('takes only what the schema takes, as the schema does', () => {
    fc.assert(
      fc.property(fc.oneof(CLIENT_FRAMES.send, variant), (value) => {
        const plain = plainSend(value as Record<string, unknown>)
        if (plain !== undefined) expect({ success: true, data: plain }).toEqual(Send.safeParse(value))
      }),
      { numRuns: 2_000 },
    )
  })

  test('takes every good message', () => {
    fc.assert(
      fc.property(CLIENT_FRAMES.send, (send) => {
        expect(plainSend({ ...send, later: 1 })).toEqual(send.kind === 'message' ? send : undefined)
      }),
    )
  })
})

describe('malformed input', () => {
  const isAnswerable = (text: string): void => {
    for (const decode of [decodeClientMessage, decodeServerMessage]) {
      for (const result of decode(text)) {
        if (result.ok) continue
        expect(isErrorCode(result.code)).toBe(true)
        expect(result.message.length).toBeGreaterThan(0)
        expect(result.message.length).toBeLessThanOrEqual(200)
      }
    }
  }

  test('any text is read without an exception, and what is wrong has a code', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), isAnswerable))
  })

  test('any JSON is read without an exception, and what is wrong has a code', () => {
    fc.assert(fc.property(fc.json({ stringUnit: 'binary' }), isAnswerable))
  })

  test('a frame with any member replaced or left out is read without an exception', () => {
    fc.assert(
      fc.property(nearlyAFrame, (value) => {
        isAnswerable(JSON.stringify(value))
      }),
      { numRuns: 1_000 },
    )
  })

  test('a frame cut off anywhere is malformed', () => {
    fc.assert(
      fc.property(clientFrame, fc.double({ min: 0, max: 0.999, noNaN: true }), (frame, where) => {
        const text = encodeFrame(frame)
        expect(decodeClientMessage(text.slice(0, Math.floor(text.length * where)))).toMatchObject([
          { code: 'malformed' },
        ])
      }),
    )
  })

  test('CONN6 neighbours of a bad frame are read as if it were not there', () => {
    fc.assert(
      fc.property(
        fc.array(clientFrame, { maxLength: 5 }),
        nearlyAFrame,
        fc.array(clientFrame, { maxLength: 5 }),
        (before, bad, after) => {
          const decoded = decodeClientMessage(JSON.stringify([...before, bad, ...after]))
          expect(decoded.slice(0, before.length)).toEqual(before.map((frame) => ({ ok: true, frame })))
          expect(decoded.slice(before.length + 1)).toEqual(after.map((frame) => ({ ok: true, frame })))
        },
      ),
    )
  })

  test('nesting of tens of thousands of levels does not overflow the stack, wherever it stands', () => {
    const deep = '['.repeat(60_000) + ']'.repeat(60_000)
    const id = '01890a5d-ac96-774b-bcce-b302099a8057'
    const of = (text: string) => decodeClientMessage(text).map((result) => (result.ok ? 'ok' : result.code))
    expect(of(deep)).toEqual(['malformed'])
    expect(of(`{"t":${deep}}`)).toEqual(['unknownFrame'])
    expect(of(`{"t":"ping","n":${deep}}`)).toEqual(['malformed'])
    expect(
      of(`{"t":"send","conversation":"g","clientId":"${id}","kind":"message","body":{"x":${deep}}}`),
    ).toEqual(['tooLarge'])
  })

  test.each(['toString', '__proto__', 'constructor', 'hasOwnProperty'])(
    'VER3 the type %j is as unknown as any other',
    (type) => {
      expect(decodeClientMessage(`{"t":"${type}"}`)).toMatchObject([{ code: 'unknownFrame' }])
    },
  )

  test('a member named __proto__ stays a plain member of the body', () => {
    const text =
      '{"t":"send","conversation":"g","clientId":"01890a5d-ac96-774b-bcce-b302099a8057","kind":"message","body":{"__proto__":{"x":1}}}'
    const [decoded] = decodeClientMessage(text)
    expect(decoded?.ok && encodeFrame(decoded.frame)).toBe(text)
    expect(Object.prototype).not.toHaveProperty('x')
  })

  test('ERR8 the answer names what is well formed in a bad frame, and nothing else', () => {
    const id = '01890a5d-ac96-774b-bcce-b302099a8057'
    expect(
      decodeClientMessage(`{"t":"send","conversation":"g","clientId":"${id}","kind":"no","body":{}}`),
    ).toMatchObject([{ code: 'malformed', conversation: 'g', clientId: id }])
    const [bad] = decodeClientMessage(
      `{"t":"send","conversation":"@bob","clientId":"x","kind":"message","body":{},"requestId":""}`,
    )
    expect(Object.keys(bad ?? {}).sort()).toEqual(['code', 'message', 'ok'])
  })

  test('SEND14 a send to the system log is answered by an error: no refused can name that log', () => {
    const text =
      '{"t":"send","conversation":"@me","clientId":"01890a5d-ac96-774b-bcce-b302099a8057","kind":"message","body":{}}'
    const [bad] = decodeClientMessage(text)
    expect(bad).toMatchObject({ code: 'malformed' })
    expect(bad).not.toHaveProperty('conversation')
  })

  test('a long key in the path does not make a long message', () => {
    const key = 'k'.repeat(10_000)
    isAnswerable(`{"t":"read","conversation":"g","cursor":{"${key}":1}}`)
    isAnswerable(`{"t":"${key}"}`)
  })
})
