import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { JwtAuthenticator, type JwtOptions } from './jwt.ts'
import { mintToken, type TokenRequest } from './mint-token.ts'

const SECRET = 'a secret that is long enough for HS256'
const OTHER = 'another secret of more than 32 bytes, too'

function setUp(options: Partial<JwtOptions> = {}) {
  const runtime = new ManualRuntime()
  const { clock, random } = runtime
  const authenticator = new JwtAuthenticator({
    keys: { type: 'secret', secret: SECRET },
    clock,
    random,
    ...options,
  })
  const mint = async (request: Partial<TokenRequest> = {}) =>
    (await mintToken({ secret: SECRET, app: 'demo', user: 'ann', ttlSeconds: 60, ...request }, clock)).token
  const sign = (claims: Record<string, unknown>, secret = SECRET) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))
  return { runtime, clock, authenticator, mint, sign, expSeconds: Math.floor(clock.now() / 1000) + 60 }
}

describe('tokens signed with a secret', () => {
  test('what was minted is accepted and says who it speaks for', async () => {
    const { authenticator, mint, clock } = setUp()
    expect(await authenticator.verify(await mint())).toEqual({
      app: 'demo',
      user: 'ann',
      issuedAtMs: clock.now(),
      expiresAtMs: clock.now() + 60_000,
    })
    expect(await authenticator.verify(await mint({ device: 'phone', capabilities: ['read'] }))).toMatchObject(
      {
        device: 'phone',
        capabilities: ['read'],
      },
    )
  })

  test('an expired token is told apart, also when it was verified before; 5 s of clock difference are forgiven', async () => {
    const { authenticator, mint, runtime } = setUp()
    const seen = await mint()
    const unseen = await mint({ user: 'ben' })
    await authenticator.verify(seen)
    runtime.nowMs += 64_000
    await authenticator.verify(seen)
    await authenticator.verify(unseen)
    runtime.nowMs += 2_000
    await expect(authenticator.verify(seen)).rejects.toMatchObject({ reason: 'tokenExpired' })
    await expect(authenticator.verify(unseen)).rejects.toMatchObject({ reason: 'tokenExpired' })
  })

  test('another secret, another algorithm, no signature and nonsense are refused', async () => {
    const { authenticator, sign, expSeconds } = setUp()
    const claims = { app: 'demo', sub: 'ann', exp: expSeconds }
    const { privateKey } = await generateKeyPair('ES256')
    const tokens = [
      await sign(claims, OTHER),
      await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS512' })
        .sign(new TextEncoder().encode(SECRET.repeat(2))),
      new UnsecuredJWT(claims).encode(),
      'nonsense',
      '',
      'x'.repeat(10_000),
    ]
    for (const token of tokens) {
      await expect(authenticator.verify(token)).rejects.toMatchObject({
        reason: 'unauthenticated',
        remedy: 'reauthenticate',
      })
    }
  })

  test('claims that are missing or that the protocol does not allow are refused by name', async () => {
    const { authenticator, sign, expSeconds } = setUp()
    const good = { app: 'demo', sub: 'ann', exp: expSeconds }
    const bad: [string, Record<string, unknown>][] = [
      ['exp', { app: 'demo', sub: 'ann' }],
      ['app', { sub: 'ann', exp: expSeconds }],
      ['app', { ...good, app: 'Not An App' }],
      ['sub', { ...good, sub: '$system' }],
      ['sub', { ...good, sub: '@ann' }],
      ['cap', { ...good, cap: 'read' }],
      ['device', { ...good, device: '' }],
      ['future', { ...good, iat: expSeconds + 3_600, exp: expSeconds + 7_200 }],
    ]
    for (const [named, claims] of bad) {
      await expect(authenticator.verify(await sign(claims))).rejects.toThrow(named)
    }
  })

  test('a token without iat counts as issued at the beginning of time', async () => {
    const { authenticator, sign, expSeconds } = setUp()
    const token = await sign({ app: 'demo', sub: 'ann', exp: expSeconds })
    expect(await authenticator.verify(token)).toMatchObject({ issuedAtMs: 0 })
  })

  test('issuer and audience are demanded when configured', async () => {
    const { authenticator, mint } = setUp({ issuer: 'shop', audience: 'chat' })
    await authenticator.verify(await mint({ issuer: 'shop', audience: 'chat' }))
    await expect(authenticator.verify(await mint({ issuer: 'shop' }))).rejects.toMatchObject({
      reason: 'unauthenticated',
    })
    await expect(authenticator.verify(await mint({ issuer: 'pub', audience: 'chat' }))).rejects.toThrow('iss')
  })

  test('after a change of the secret the previous one still counts', async () => {
    const { authenticator, mint } = setUp({ keys: { type: 'secret', secret: OTHER, previousSecret: SECRET } })
    await authenticator.verify(await mint())
    await authenticator.verify(await mint({ secret: OTHER }))
  })

  test('a secret below 32 bytes is refused at construction', () => {
    expect(() => setUp({ keys: { type: 'secret', secret: 'x'.repeat(31) } })).toThrow(
      '31 bytes and needs at least 32',
    )
    expect(() => setUp({ keys: { type: 'secret', secret: 'x'.repeat(32) } })).not.toThrow()
  })

  test('the memory of verified tokens is bounded and changes no answer', async () => {
    const { authenticator, mint } = setUp({ cacheEntries: 2 })
    const tokens = await Promise.all(['a', 'b', 'c', 'd'].map((user) => mint({ user })))
    for (const round of [tokens, [...tokens].reverse()]) {
      for (const token of round) await authenticator.verify(token)
    }
    expect((await authenticator.verify(tokens[2] ?? '')).user).toBe('c')
  })
})

describe('tokens signed with keys behind a url', () => {
  let server: Server
  let answer: () => { status: number; body: unknown }
  let requests = 0

  beforeEach(async () => {
    requests = 0
    server = createServer((_request, response) => {
      requests++
      const { status, body } = answer()
      response
        .writeHead(status, { 'content-type': 'application/json', connection: 'close' })
        .end(JSON.stringify(body))
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => void server.close())

  async function setUpKeys(algorithm: string) {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: algorithm }] }
    answer = () => ({ status: 200, body: jwks })
    const { port } = server.address() as AddressInfo
    const base = setUp({ keys: { type: 'jwks', url: `http://127.0.0.1:${port}/keys` } })
    const signWith = (user: string, kid = 'one') =>
      new SignJWT({ app: 'demo', sub: user, exp: base.expSeconds + 200_000 })
        .setProtectedHeader({ alg: algorithm, kid })
        .sign(privateKey)
    return { ...base, signWith }
  }

  test.each(['RS256', 'ES256', 'EdDSA'])('%s is accepted', async (algorithm) => {
    const { authenticator, signWith } = await setUpKeys(algorithm)
    expect((await authenticator.verify(await signWith('ann'))).user).toBe('ann')
  })

  test('a secret token is refused where keys are configured', async () => {
    const { authenticator, mint } = await setUpKeys('ES256')
    await expect(authenticator.verify(await mint())).rejects.toMatchObject({ reason: 'unauthenticated' })
  })

  test('when the key server is away nobody is called unauthenticated: it says to try again', async () => {
    const { authenticator, signWith } = await setUpKeys('ES256')
    const working = answer
    answer = () => ({ status: 500, body: {} })
    const token = await signWith('ann')
    await expect(authenticator.verify(token)).rejects.toMatchObject({
      reason: 'unavailable',
      remedy: 'retry',
    })
    answer = working
    expect((await authenticator.verify(token)).user).toBe('ann')
  })

  test('known keys outlive the key server by a day, an unknown key id is refused without asking each time', async () => {
    const { authenticator, signWith, runtime } = await setUpKeys('ES256')
    await authenticator.verify(await signWith('ann'))
    answer = () => ({ status: 500, body: {} })
    await expect(authenticator.verify(await signWith('ann', 'two'))).rejects.toMatchObject({
      reason: 'unauthenticated',
    })
    expect(requests).toBe(1)
    runtime.nowMs += 3_600_000
    expect((await authenticator.verify(await signWith('ben'))).user).toBe('ben')
    runtime.nowMs += 24 * 3_600_000
    await expect(authenticator.verify(await signWith('cem'))).rejects.toMatchObject({ reason: 'unavailable' })
  })
})
