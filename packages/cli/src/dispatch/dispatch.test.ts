import { createPublicKey, verify } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dispatchKeyId, parseDispatchJws, readDispatchPayload, type DispatchDocument } from '@skein/protocol'
import { DispatchSigner } from '@skein/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EXIT } from '../exit-codes.ts'
import { skeinHere } from '../testing/skein-here.ts'

const SECRET = 'c'.repeat(40)
const DAY_MS = 86_400_000

let data: string
let server: Server
let answer: { status: number; text: string }
let url: string

const signer = DispatchSigner.of({ clusterSecret: SECRET })
const live: DispatchDocument = {
  v: 1,
  issuedAt: Date.now(),
  ttlMs: 5_000,
  staleMs: 60_000,
  strategy: 'peak-ewma',
  endpoints: [
    { id: 'wss://b', url: 'wss://b/v1/connect', zone: 'z', region: 'eu', weight: 0.5, headroom: 25 },
    { id: 'wss://a', url: 'wss://a/v1/connect', zone: '', region: '', weight: 3 },
  ],
}

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'skein-dispatch-'))
  for (const name of Object.keys(process.env).filter((each) => each.startsWith('SKEIN_')))
    vi.stubEnv(name, undefined)
  answer = { status: 200, text: signer.sign(live) }
  server = createServer((request, response) => {
    const isDispatch = request.url === '/v1/dispatch'
    response.writeHead(isDispatch ? answer.status : 404).end(isDispatch ? answer.text : '')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
  rmSync(data, { recursive: true })
})

const skein = (...args: readonly string[]) => skeinHere(['dispatch', ...args, '--data', data])

/** As a client that was given the key. */
function open(text: string, publicKey: string): DispatchDocument {
  const jws = parseDispatchJws(text)
  if (!jws.ok) throw new Error(jws.message)
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  expect(verify(null, jws.value.signed, key, jws.value.signature)).toBe(true)
  expect(jws.value.kid).toBe(dispatchKeyId(publicKey))
  const document = readDispatchPayload(jws.value.payload)
  if (!document.ok) throw new Error(document.message)
  return document.value
}

test('the public key is that of the configuration: its own, else what follows from its secrets', async () => {
  vi.stubEnv('SKEIN_CLUSTER_SECRET', SECRET)
  expect(await skein('--public-key')).toEqual({ code: EXIT.ok, out: signer.publicKey, err: '' })
  vi.stubEnv('SKEIN_DISPATCH_KEY', 'A'.repeat(43))
  expect((await skein('--public-key')).out).toBe('O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik')
  vi.unstubAllEnvs()
  vi.stubEnv('SKEIN_JWT_SECRET', 'j'.repeat(40))
  const fromTokens = (await skein('--public-key')).out
  expect(fromTokens).toMatch(/^[\w-]{43}$/)
  const config = join(data, 'node.json')
  writeFileSync(config, JSON.stringify({ jwtSecret: 'j'.repeat(40) }))
  vi.unstubAllEnvs()
  expect((await skein('--public-key', '--config', config)).out).toBe(fromTokens)
})

test('without any configuration the key is that of the skein up on this data, else there is none', async () => {
  expect(await skein('--public-key')).toMatchObject({
    code: EXIT.config,
    err: expect.stringContaining('SKEIN_DISPATCH_KEY'),
  })
  const secrets = { jwtSecret: 'j'.repeat(40), apiKey: 'a'.repeat(40), clusterSecret: SECRET }
  writeFileSync(join(data, 'secrets.json'), JSON.stringify(secrets))
  expect((await skein('--public-key')).out).toBe(signer.publicKey)
})

test('a list of configured edges is written without asking anybody', async () => {
  vi.stubEnv('SKEIN_CLUSTER_SECRET', SECRET)
  vi.stubEnv('SKEIN_EDGES', 'wss://a.example;weight=1,wss://b.example;weight=2;zone=z;region=eu')
  const file = join(data, 'list.jws')
  const { code, out } = await skein('--out', file, '--ttl', '12h')
  expect([code, out]).toEqual([EXIT.ok, expect.stringContaining('2 endpoints, fresh until 20')])
  const document = open(readFileSync(file, 'utf8'), signer.publicKey)
  expect(document.endpoints.map(({ id }) => id)).toEqual(['wss://b.example', 'wss://a.example'])
  expect([document.ttlMs, document.staleMs]).toEqual([DAY_MS / 2, 7 * DAY_MS])
  expect(readdirSync(data)).toEqual(['list.jws'])
})

test('elsewhere it holds what the nodes tell, by what they can carry rather than what they have left', async () => {
  vi.stubEnv('SKEIN_CLUSTER_SECRET', SECRET)
  const { code, out } = await skein('--out', '-', '--url', url)
  expect(code).toBe(EXIT.ok)
  const document = open(out, signer.publicKey)
  expect(document.strategy).toBe('peak-ewma')
  expect(document.endpoints.map(({ id, weight, headroom }) => [id, weight, headroom])).toEqual([
    ['wss://a', 3, undefined],
    ['wss://b', 2, undefined],
  ])
})

test('nodes that sign with another key, and answers that are none, are told apart', async () => {
  vi.stubEnv('SKEIN_CLUSTER_SECRET', 'd'.repeat(40))
  const other = await skein('--out', '-', '--url', url)
  expect(other).toMatchObject({ code: EXIT.config, out: '', err: expect.stringContaining('another key') })
  vi.stubEnv('SKEIN_CLUSTER_SECRET', SECRET)
  answer = { status: 503, text: '{}' }
  expect(await skein('--out', '-', '--url', url)).toMatchObject({ code: EXIT.unavailable })
  answer = { status: 200, text: '<html>' }
  expect((await skein('--out', '-', '--url', url)).err).toContain('no list of endpoints')
  answer = { status: 200, text: signer.sign({ ...live, endpoints: [] }) }
  expect((await skein('--out', '-', '--url', url)).err).toContain('cannot read')
})

test('one of the two is asked for, a ttl has a bound, and a file that cannot be written is told', async () => {
  vi.stubEnv('SKEIN_CLUSTER_SECRET', SECRET)
  vi.stubEnv('SKEIN_EDGES', 'wss://a.example')
  expect((await skein()).code).toBe(EXIT.usage)
  expect((await skein('--public-key', '--out', 'x')).code).toBe(EXIT.usage)
  expect((await skein('--out', '-', '--ttl', '31d')).code).toBe(EXIT.usage)
  expect((await skein('--out', '-', '--ttl', '30d')).code).toBe(EXIT.ok)
  expect((await skein('--out', join(data, 'no', 'list.jws'))).code).toBe(EXIT.cannotCreate)
  vi.stubEnv('SKEIN_EDGES', 'wss://a.example;weight=-3')
  expect(await skein('--out', '-')).toMatchObject({ code: EXIT.config, err: expect.stringContaining('"-3"') })
})
