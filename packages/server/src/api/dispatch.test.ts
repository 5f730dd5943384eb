import { createPublicKey, verify } from 'node:crypto'
import { parseDispatchJws, readDispatchPayload } from '@skein/protocol'
import { SkeinError } from '@skein/core'
import { expect, test } from 'vitest'
import { readNodeConfig } from '../config/node-config.ts'
import { DISPATCH_LIMIT } from '../dispatch/dispatch-limit.ts'
import { ANSWER_MS } from '../dispatch/dispatcher.ts'
import type { DispatchNode } from '../dispatch/endpoints.ts'
import { DispatchSigner } from '../dispatch/signing-key.ts'
import { Guards } from '../observe/guards.ts'
import { apiDispatch } from '../serve/api-dispatch.ts'
import { createApi } from './api.ts'
import { silentNode } from './testing/silent-node.ts'

const nodeAt = (host: string, fields: Partial<DispatchNode> = {}): DispatchNode => ({
  state: 'ready',
  zone: 'a',
  region: 'eu',
  address: `wss://${host}/v1/connect`,
  weight: 1,
  heardAgeMs: 0,
  missed: 0,
  load: { headroom: 50 },
  ...fields,
})

function setUp(
  env: Readonly<Record<string, string>> = {},
  nodes: () => readonly DispatchNode[] = () => [nodeAt('one')],
) {
  const silent = silentNode()
  const { runtime } = silent
  const guards = new Guards()
  const needed = { SKEIN_JWT_SECRET: 's'.repeat(40), DATABASE_URL: 'postgres://db/skein' }
  const config = readNodeConfig({ flags: {}, env: { ...needed, ...env } })
  const api = createApi({
    ...silent,
    dispatch: apiDispatch({ config, clock: runtime.clock, nodes, guards }),
  })
  const ask = (query = '', from = '203.0.113.7', headers: Record<string, string> = {}) =>
    api.inject({ method: 'GET', url: `/v1/dispatch${query}`, remoteAddress: from, headers })
  const { publicKey } = DispatchSigner.of({
    clusterSecret: config.cluster.secret,
    ...(config.dispatch.key !== undefined && { key: config.dispatch.key }),
  })
  /** As a client does: the signature first. */
  const open = (text: string) => {
    const jws = parseDispatchJws(text)
    if (!jws.ok) throw new Error(jws.message)
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
    expect(verify(null, jws.value.signed, key, jws.value.signature)).toBe(true)
    const document = readDispatchPayload(jws.value.payload)
    if (!document.ok) throw new Error(document.message)
    return document.value
  }
  const hosts = async (query = '') =>
    open((await ask(query)).body).endpoints.map(({ url }) => new URL(url).host)
  return { ask, open, hosts, runtime, guards, api }
}

test('DSP1 DSP2 anybody may ask, any page too, and gets a signed list', async () => {
  const { ask, open, runtime } = setUp()
  const answer = await ask()
  expect(answer.statusCode).toBe(200)
  expect(answer.headers).toMatchObject({
    'content-type': 'application/jose',
    'access-control-allow-origin': '*',
    'cache-control': 'public, max-age=10, stale-if-error=605100',
  })
  expect(open(answer.body)).toMatchObject({ issuedAt: runtime.nowMs, ttlMs: 300_000, staleMs: 604_800_000 })
})

test('DSP7 the near come first for who says where it is', async () => {
  const nodes = [nodeAt('us', { region: 'us' }), nodeAt('eu-b', { zone: 'b' }), nodeAt('eu-a')]
  const { hosts, ask } = setUp({}, () => nodes)
  expect(await hosts('?region=eu&zone=b')).toEqual(['eu-b', 'eu-a', 'us'])
  expect((await hosts('?region=us'))[0]).toBe('us')
  expect((await ask(`?region=${'x'.repeat(129)}`)).statusCode).toBe(400)
})

test('edges that are configured are told instead of nodes, also while the node is starting', async () => {
  const starting = () => {
    throw new SkeinError('unavailable', 'The node is starting; ask again.', { remedy: 'retry' })
  }
  const edges = 'wss://b.example;weight=1,wss://a.example;weight=2;region=eu'
  expect(await setUp({ SKEIN_EDGES: edges }, starting).hosts()).toEqual(['a.example', 'b.example'])
  expect((await setUp({}, starting).ask()).statusCode).toBe(503)
})

test('a list follows the nodes, a second later at most', async () => {
  const nodes = [nodeAt('one'), nodeAt('two')]
  const { hosts, runtime } = setUp({}, () => nodes)
  expect(await hosts()).toEqual(['one', 'two'])
  nodes[0] = nodeAt('one', { state: 'draining' })
  await runtime.advance(ANSWER_MS)
  expect(await hosts()).toEqual(['two'])
})

test('while there is nowhere to go, an answer says so and when to come back', async () => {
  const answer = await setUp({}, () => []).ask()
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
  expect(answer.headers['cache-control']).toBeUndefined()
  expect(answer.json()).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('clientUrl') })
})

test('DSP1 who asks too often is told when to come back; others, loopback and trusted proxies are not', async () => {
  const { ask, runtime, guards } = setUp({ SKEIN_TRUSTED_PROXIES: '10.0.0.0/8' })
  for (let i = 0; i < DISPATCH_LIMIT.burst; i++) await ask()
  expect(guards.list()).toMatchObject([{ name: 'dispatch.addresses', state: 'idle', refused: 0 }])
  const refused = await ask()
  expect(refused.statusCode).toBe(429)
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(refused.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'retry-after',
  })
  const status = async (from: string, forwardedFor?: string) =>
    (await ask('', from, forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor })).statusCode
  // Behind a trusted proxy it is still the same client; an untrusted one cannot pretend to be another.
  expect(await status('10.1.1.1', '203.0.113.7')).toBe(429)
  expect(await status('203.0.113.7', '198.51.100.1')).toBe(429)
  expect(await status('10.1.1.1', '198.51.100.1')).toBe(200)
  for (let i = 0; i < 2 * DISPATCH_LIMIT.burst; i++) await ask('', '127.0.0.1')
  expect([await status('127.0.0.1'), await status('10.1.1.1')]).toEqual([200, 200])
  expect(guards.list()).toMatchObject([
    { state: 'acting', refused: 3, reason: expect.stringContaining('50') },
  ])
  await runtime.advance(1_000)
  expect((await ask()).statusCode).toBe(200)
})

test('a key of its own signs, and the OpenAPI document names the route', async () => {
  const { ask, open, api } = setUp({ SKEIN_DISPATCH_KEY: 'A'.repeat(43) })
  expect(open((await ask()).body).endpoints).toHaveLength(1)
  const paths = (await api.inject('/v1/openapi.json')).json<{ paths: object }>().paths
  expect(Object.keys(paths)).toContain('/v1/dispatch')
})
