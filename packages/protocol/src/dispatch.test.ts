import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dispatchAge, DispatchDocument, EndpointUrl } from './dispatch.ts'
import { LIMITS } from './limits.ts'
import { dispatchDocument } from './testing/arbitrary-dispatch.ts'

const isDocument = (value: unknown): boolean => DispatchDocument.safeParse(value).success

const endpoint = { id: 'a', url: 'wss://a.example/v1/connect', zone: 'z1', region: 'eu', weight: 1 }
const document = { v: 1, issuedAt: 1_000_000, ttlMs: 30_000, staleMs: 600_000, endpoints: [endpoint] }
const withEndpoint = (fields: object) => ({ ...document, endpoints: [{ ...endpoint, ...fields }] })

describe('a dispatch document', () => {
  test('DSP4 DSP5 is what the schema says, and what came through JSON is the same', () => {
    fc.assert(
      fc.property(dispatchDocument, (made) => {
        expect(DispatchDocument.parse(JSON.parse(JSON.stringify(made)))).toEqual(made)
      }),
    )
  })

  test('DSP4 members that nobody knows yet are ignored', () => {
    expect(DispatchDocument.parse({ ...withEndpoint({ colour: 'red' }), more: [1] })).toEqual(document)
  })

  test('DSP8 with any member missing or of another type is refused', () => {
    const optional = new Set(['strategy', 'headroom'])
    fc.assert(
      fc.property(dispatchDocument, fc.nat(), fc.jsonValue(), (made, at, wrong) => {
        const [first = endpoint] = made.endpoints
        const targets = [...Object.keys(made), ...Object.keys(first).map((key) => `endpoint.${key}`)]
        const [part = '', key = part] = (targets[at % targets.length] ?? '').split('.')
        const broken = (value: unknown): unknown =>
          part === 'endpoint'
            ? { ...made, endpoints: [{ ...first, [key]: value }, ...made.endpoints.slice(1)] }
            : { ...made, [key]: value }
        if (!optional.has(key)) expect(isDocument(broken(undefined))).toBe(false)
        const rightType = part === 'endpoint' ? typeof Reflect.get(first, key) : typeof Reflect.get(made, key)
        fc.pre(typeof wrong !== rightType)
        expect(isDocument(broken(wrong))).toBe(false)
      }),
    )
  })

  test.each([NaN, Infinity, -Infinity, 0, -1, LIMITS.dispatchWeight + 1, '1', null])(
    'DSP6 DSP8 with the weight %s is refused',
    (weight) => expect(isDocument(withEndpoint({ weight }))).toBe(false),
  )

  test('DSP8 LIM1 stays within its limits, and one beyond is refused', () => {
    const many = (count: number) => ({
      ...document,
      endpoints: Array.from({ length: count }, (_, i) => ({ ...endpoint, id: `${i}`, url: `wss://a${i}` })),
    })
    const edges: [unknown, unknown][] = [
      [many(LIMITS.dispatchEndpoints), many(LIMITS.dispatchEndpoints + 1)],
      [many(1), many(0)],
      [withEndpoint({ weight: LIMITS.dispatchWeight }), withEndpoint({ weight: LIMITS.dispatchWeight + 1 })],
      [withEndpoint({ headroom: 100 }), withEndpoint({ headroom: 100.5 })],
      [withEndpoint({ headroom: 0 }), withEndpoint({ headroom: -1 })],
      [
        { ...document, ttlMs: LIMITS.dispatchLifeMs },
        { ...document, ttlMs: LIMITS.dispatchLifeMs + 1 },
      ],
      [
        { ...document, ttlMs: 1 },
        { ...document, ttlMs: 0 },
      ],
      [
        { ...document, staleMs: 0 },
        { ...document, staleMs: -1 },
      ],
    ]
    for (const [good, bad] of edges) expect([isDocument(good), isDocument(bad)]).toEqual([true, false])
  })

  test('DSP5 no id and no url stands there twice', () => {
    const twice = (fields: object) => ({ ...document, endpoints: [endpoint, { ...endpoint, ...fields }] })
    expect(isDocument(twice({ id: 'b', url: 'wss://b' }))).toBe(true)
    expect(isDocument(twice({ id: 'b' }))).toBe(false)
    expect(isDocument(twice({ url: 'wss://b' }))).toBe(false)
  })

  test('DSP5 a url is one that a WebSocket can be opened to', () => {
    const good = [
      'wss://chat.example.com',
      'ws://127.0.0.1:7777/v1/connect?app=x&y=%20',
      'wss://[2001:db8::1]:443/',
      'wss://xn--bcher-kva.example?x',
    ]
    const bad = [
      'https://chat.example.com',
      'wss://user:pw@chat.example.com',
      'wss://chat.example.com/#x',
      'wss://chat.example.com:70000',
      'wss://chat.example.com:0',
      'wss:chat.example.com',
      'wss://',
      'wss://a b',
      'wss://bücher.example',
      `wss://a/${'x'.repeat(LIMITS.urlLength)}`,
      'WSS://a\n',
    ]
    for (const url of good)
      expect([url, EndpointUrl.safeParse(url).success, URL.canParse(url)]).toEqual([url, true, true])
    for (const url of bad) expect([url, EndpointUrl.safeParse(url).success]).toEqual([url, false])
  })
})

test('DSP9 a document is fresh, then stale, then expired, and none from the future is used', () => {
  const at = (offsetMs: number) => dispatchAge(document as DispatchDocument, document.issuedAt + offsetMs)
  expect(
    [-LIMITS.dispatchAheadMs - 1, -LIMITS.dispatchAheadMs, 0, 30_000, 30_001, 630_000, 630_001].map(at),
  ).toEqual(['ahead', 'fresh', 'fresh', 'fresh', 'stale', 'stale', 'expired'])
})
