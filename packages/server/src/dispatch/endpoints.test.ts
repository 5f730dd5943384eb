import { DispatchDocument, LIMITS } from '@skein/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dispatchDocument } from './document.ts'
import { endpointsOfEdges, endpointsOfNodes, type DispatchNode } from './endpoints.ts'

const nodeOf = (fields: Partial<DispatchNode> = {}): DispatchNode => ({
  state: 'ready',
  zone: 'a',
  region: 'eu',
  address: 'wss://one.example/v1/connect',
  weight: 1,
  heardAgeMs: 500,
  missed: 0,
  load: { headroom: 80 },
  ...fields,
})

const at = (name: string, fields: Partial<DispatchNode> = {}): DispatchNode =>
  nodeOf({ address: `wss://${name}.example/v1/connect`, ...fields })

const urls = (nodes: readonly DispatchNode[]) => endpointsOfNodes(nodes).map(({ url }) => url)

describe('DSP11 nodes as endpoints', () => {
  test('DSP6 weigh what they can carry times what they have left', () => {
    expect(endpointsOfNodes([nodeOf({ weight: 4, load: { headroom: 25 } })])).toEqual([
      {
        id: 'wss://one.example',
        url: 'wss://one.example/v1/connect',
        zone: 'a',
        region: 'eu',
        weight: 1,
        headroom: 25,
      },
    ])
  })

  test('at one address are one endpoint with the sum of their weights', () => {
    const merged = endpointsOfNodes([
      nodeOf({ weight: 1, load: { headroom: 100 } }),
      nodeOf({ weight: 3, load: { headroom: 20 }, zone: 'b', address: 'wss://ONE.example/v1/connect' }),
    ])
    expect(merged).toMatchObject([{ zone: '', region: 'eu', weight: 1.6, headroom: 40 }])
  })

  test('that are leaving, not ready or do not answer are left out', () => {
    const gone = [
      at('joining', { state: 'joining' }),
      at('draining', { state: 'draining' }),
      at('silent', { missed: 3 }),
    ]
    expect(urls([...gone, at('ready')])).toEqual(['wss://ready.example/v1/connect'])
  })

  test('are never none while there is one, be it leaving', () => {
    expect(urls([at('silent', { missed: 3 }), at('draining', { state: 'draining' })])).toEqual([
      'wss://silent.example/v1/connect',
    ])
    expect(urls([at('draining', { state: 'draining' })])).toEqual(['wss://draining.example/v1/connect'])
    expect(urls([])).toEqual([])
  })

  test('of which nothing believable is known attract no more than the fullest of the others', () => {
    const odd = [
      { load: null },
      { heardAgeMs: 3_001 },
      { heardAgeMs: -1 },
      { load: { headroom: NaN } },
      { load: { headroom: 101 } },
    ]
    for (const fields of odd) {
      const [, unknown] = endpointsOfNodes([
        at('a', { load: { headroom: 30 } }),
        at('b', { weight: 2, ...fields }),
        at('c', { load: { headroom: 90 } }),
      ])
      expect([unknown?.weight, unknown?.headroom]).toEqual([0.6, undefined])
    }
    expect(endpointsOfNodes([nodeOf({ load: null, weight: 2 })])[0]?.weight).toBe(2)
  })

  test('that only say how other nodes reach them are told as they are, unless others say it to clients', () => {
    const direct = nodeOf({ address: 'http://127.0.0.1:7777' })
    expect(endpointsOfNodes([direct])).toMatchObject([
      { id: 'ws://127.0.0.1:7777', url: 'ws://127.0.0.1:7777/v1/connect' },
    ])
    expect(urls([direct, at('a')])).toEqual(['wss://a.example/v1/connect'])
  })

  test('with an address that no client can open are left out', () => {
    expect(urls([nodeOf({ address: 'wss://user:pw@x.example' }), at('a')])).toEqual([
      'wss://a.example/v1/connect',
    ])
  })

  const anyNode: fc.Arbitrary<DispatchNode> = fc.record({
    state: fc.constantFrom('joining', 'ready', 'draining'),
    zone: fc.constantFrom('a', 'b'),
    region: fc.constantFrom('eu', 'us'),
    address: fc
      .tuple(fc.constantFrom('wss', 'ws', 'http', 'https'), fc.nat({ max: 5 }))
      .map(([scheme, n]) => `${scheme}://n${n}.example:${7000 + n}`),
    weight: fc.oneof(fc.double(), fc.double({ min: 0.1, max: 1000, noNaN: true })),
    heardAgeMs: fc.integer({ min: -10, max: 10_000 }),
    missed: fc.nat({ max: 5 }),
    load: fc.option(fc.record({ headroom: fc.oneof(fc.double(), fc.integer({ min: 0, max: 100 })) })),
  })

  test('make a valid document whatever they report', () => {
    fc.assert(
      fc.property(fc.array(anyNode, { minLength: 1, maxLength: 40 }), (nodes) => {
        const terms = { ttlMs: 1_000, staleMs: 0, strategy: 'power-of-two' }
        const document = dispatchDocument(endpointsOfNodes(nodes), terms, 1)
        expect(DispatchDocument.parse(document)).toEqual(document)
      }),
    )
  })

  test('put a ready one that answers into the list, and then no other kind', () => {
    fc.assert(
      fc.property(fc.array(anyNode, { maxLength: 20 }), (nodes) => {
        const good = nodes.filter(({ state, missed }) => state === 'ready' && missed < 3)
        fc.pre(good.length > 0)
        const told = new Set(urls(nodes))
        const hosts = new Set(good.map(({ address }) => new URL(address).host))
        expect([...told].every((url) => hosts.has(new URL(url).host))).toBe(true)
      }),
    )
  })
})

test('what is configured stands as it is, with an id for each address', () => {
  const far = `wss://far.example/${'x'.repeat(200)}`
  const edge = { zone: 'a', region: 'eu', weight: 2 }
  const [near, long] = endpointsOfEdges([
    { url: 'wss://near.example/v1/connect', ...edge },
    { url: far, ...edge },
  ])
  expect(near).toEqual({ id: 'wss://near.example', url: 'wss://near.example/v1/connect', ...edge })
  expect(long?.id).toMatch(/^[\w-]{43}$/)
})

test('DSP8 LIM1 a list too long for a document loses its worst, never its validity', () => {
  const endpoint = (i: number, length: number) => ({
    id: `${i}`,
    url: `wss://a${i}/${'x'.repeat(length)}`,
    zone: 'ä'.repeat(40),
    region: '',
    weight: 1,
  })
  const terms = { ttlMs: 1, staleMs: 0 }
  const many = Array.from({ length: 300 }, (_, i) => endpoint(i, 0))
  expect(dispatchDocument(many, terms, 1).endpoints.map(({ id }) => id)).toEqual(
    many.slice(0, LIMITS.dispatchEndpoints).map(({ id }) => id),
  )
  const long = Array.from({ length: 256 }, (_, i) => endpoint(i, 1_900))
  const document = dispatchDocument(long, terms, 1)
  const characters = Math.ceil((Buffer.byteLength(JSON.stringify(document)) * 4) / 3)
  expect(characters).toBeLessThan(LIMITS.dispatchBytes - 500)
  expect(characters).toBeGreaterThan(LIMITS.dispatchBytes - 5_000)
})
