import type { InjectOptions } from 'fastify'
import { describe, expect, test } from 'vitest'
import { JwtAuthenticator } from '../auth/jwt.ts'
import { Committer } from '../log/committer.ts'
import { DEFAULT_LIMITS } from '../node/limits.ts'
import type { NodeStats } from '../node/node-stats.ts'
import { newCounters } from '../node/counters.ts'
import type { Health } from '../probe/health.ts'
import { silentLogger } from '../observe/logger.ts'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { MemoryStore } from '../store/memory/memory-store.ts'
import { StoreError } from '../store/store-error.ts'
import type { LogRecord } from '../store/store.ts'
import { createApi } from './api.ts'
import type { ApiDeps } from './deps.ts'

const KEY = 'key-of-the-demo-app'
const SECRET = 'a secret that is long enough for HS256'

const STATS: NodeStats = {
  name: 'one',
  origin: 'local.a',
  state: 'running',
  upMs: 1,
  sessions: 0,
  liveConversations: 0,
  deliveries: 0,
  repairs: 0,
  waitingEntries: 0,
  waitingBytes: 0,
  queueWaitMs: 0,
  tail: 'following',
  tailAgeMs: 0,
  counters: newCounters(),
}

function setUp(options: Partial<ApiDeps> = {}, signsTokens = true) {
  const manual = new ManualRuntime()
  // Commits run at the end of the real turn; time still stands until a test moves it.
  const runtime = {
    clock: manual.clock,
    random: manual.random,
    timers: { ...manual.timers, afterTurn: (run: () => void) => void setImmediate(run) },
  }
  const store = new MemoryStore({ runtime, region: 'local', incarnation: 'a', lanes: 4 })
  const published: LogRecord[] = []
  const committer = new Committer({
    store,
    runtime,
    limits: DEFAULT_LIMITS,
    onCommitted: (records) => published.push(...records),
  })
  const stats: { now: NodeStats } = { now: STATS }
  const health: { now: Health } = { now: { live: true, ready: true, degraded: false, reasons: [] } }
  const away = { commit: false }
  const api = createApi({
    store,
    node: {
      submit: (entry) =>
        away.commit
          ? Promise.reject(new StoreError('unavailable', 'no connection'))
          : committer.submit(entry),
      publish: (records) => void published.push(...records),
      stats: () => stats.now,
    },
    health: () => health.now,
    nodeId: 'one.1',
    runtime,
    logger: silentLogger,
    apiKeys: [
      { app: 'demo', key: KEY },
      { app: 'other', key: 'key-of-the-other-app' },
    ],
    ...(signsTokens && { tokens: { secret: SECRET } }),
    ...options,
  })
  const call = async (
    method: InjectOptions['method'],
    url: string,
    body?: object,
    headers: Record<string, string> = {},
  ) => {
    const response = await api.inject({
      method: method ?? 'GET',
      url,
      headers: { authorization: `Bearer ${KEY}`, ...headers },
      ...(body !== undefined && { payload: body }),
    })
    return {
      status: response.statusCode,
      headers: response.headers,
      body: response.json<Record<string, never>>(),
    }
  }
  return { api, call, store, published, manual, health, away, runtime }
}

async function withGroup() {
  const setup = setUp()
  const { call } = setup
  const members = [{ user: 'ben' }, { user: 'cem', role: 'admin' }]
  const created = await call('POST', '/v1/conversations', {
    type: 'group',
    id: 'team',
    title: 'Team',
    owner: 'ann',
    members,
  })
  expect(created.status).toBe(201)
  return setup
}

describe('users and tokens', () => {
  test('users are created, renamed and listed page by page', async () => {
    const { call } = setUp()
    expect(await call('PUT', '/v1/users/ann@example.com', { name: 'Ann' })).toMatchObject({
      status: 200,
      body: { user: 'ann@example.com', name: 'Ann' },
    })
    await call('PUT', '/v1/users/ben', {})
    await call('PUT', '/v1/users/cem')
    expect((await call('GET', '/v1/users?limit=2')).body).toEqual({
      users: [{ user: 'ann@example.com', name: 'Ann' }, { user: 'ben' }],
      more: true,
    })
    expect((await call('GET', '/v1/users?after=ben')).body).toEqual({ users: [{ user: 'cem' }], more: false })
  })

  test('a token that was signed here is accepted by the node', async () => {
    const { call, runtime } = setUp()
    const { status, body } = await call('POST', '/v1/users/ann/tokens', { ttlSeconds: 60, device: 'phone' })
    expect(status).toBe(201)
    const authenticator = new JwtAuthenticator({ keys: { type: 'secret', secret: SECRET }, ...runtime })
    expect(await authenticator.verify(String(body['token']))).toMatchObject({
      app: 'demo',
      user: 'ann',
      device: 'phone',
    })
  })

  test('where public keys verify tokens none is signed here', async () => {
    expect(await setUp({}, false).call('POST', '/v1/users/ann/tokens')).toMatchObject({
      status: 409,
      body: { code: 'tokensNotSigned' },
    })
  })

  test('a revocation is published to the sessions of the user', async () => {
    const { call, published, store, manual } = setUp()
    await call('PUT', '/v1/users/ann', {})
    expect((await call('POST', '/v1/users/ann/revoke')).status).toBe(200)
    expect(published.map(({ conversation, event }) => [conversation, event.kind])).toEqual([
      ['@ann', 'revoked'],
    ])
    expect((await store.users([{ app: 'demo', user: 'ann' }]))[0]?.sessionsValidAfterMs).toBe(manual.nowMs)
  })
})

describe('conversations', () => {
  test('a group has the members and roles that were asked for', async () => {
    const { call } = await withGroup()
    expect((await call('GET', '/v1/conversations/team')).body).toMatchObject({
      type: 'group',
      title: 'Team',
      members: 3,
    })
    expect((await call('GET', '/v1/conversations/team/members')).body['members']).toMatchObject([
      { user: 'ann', role: 'owner' },
      { user: 'ben', role: 'member' },
      { user: 'cem', role: 'admin' },
    ])
    expect(await call('POST', '/v1/conversations', { type: 'group', id: 'team' })).toMatchObject({
      status: 409,
      body: { code: 'conversationExists' },
    })
  })

  test('a direct conversation is the same one whoever is named first and however often', async () => {
    const { call } = setUp()
    const first = await call('POST', '/v1/conversations', { type: 'direct', users: ['ann', 'ben'] })
    const again = await call('POST', '/v1/conversations', { type: 'direct', users: ['ben', 'ann'] })
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body['conversation']).toBe(first.body['conversation'])
  })

  test('members are added, promoted and removed; the title changes', async () => {
    const { call } = await withGroup()
    expect(
      (await call('POST', '/v1/conversations/team/members', { members: [{ user: 'dan' }] })).status,
    ).toBe(200)
    expect((await call('PATCH', '/v1/conversations/team/members/dan', { role: 'admin' })).status).toBe(200)
    expect((await call('DELETE', '/v1/conversations/team/members/ben')).status).toBe(200)
    expect((await call('PATCH', '/v1/conversations/team', { title: 'Crew' })).status).toBe(200)
    expect((await call('GET', '/v1/conversations/team/members?after=cem')).body['members']).toMatchObject([
      { user: 'dan', role: 'admin' },
    ])
    expect((await call('GET', '/v1/conversations/team')).body['title']).toBe('Crew')
    expect(await call('DELETE', '/v1/conversations/team/members/ben')).toMatchObject({
      status: 404,
      body: { code: 'memberUnknown' },
    })
  })

  test('what does not exist is 404, also what belongs to another app', async () => {
    const { call } = await withGroup()
    const other = { authorization: 'Bearer key-of-the-other-app' }
    for (const path of ['', '/members', '/messages']) {
      expect(await call('GET', `/v1/conversations/none${path}`)).toMatchObject({
        status: 404,
        body: { code: 'conversationUnknown' },
      })
      expect((await call('GET', `/v1/conversations/team${path}`, undefined, other)).status).toBe(404)
    }
    expect((await call('POST', '/v1/conversations/none/messages', { body: {} })).status).toBe(404)
    expect(await call('GET', '/v1/nothing')).toMatchObject({ status: 404, body: { code: 'notFound' } })
  })
})

describe('messages', () => {
  test('are sent by the system and by members, not by strangers', async () => {
    const { call } = await withGroup()
    const path = '/v1/conversations/team/messages'
    expect((await call('POST', path, { body: { text: 'hello' } })).status).toBe(201)
    expect((await call('POST', path, { as: 'ben', body: { text: 'hi' } })).status).toBe(201)
    expect(await call('POST', path, { as: 'eve', body: { text: 'hey' } })).toMatchObject({
      status: 403,
      body: { code: 'notMember' },
    })
    const { body } = await call('GET', path)
    expect(body['events']).toMatchObject([
      { kind: 'create' },
      { sender: '$system', kind: 'message', body: { text: 'hello' } },
      { sender: 'ben', kind: 'message', body: { text: 'hi' } },
    ])
  })

  test('the same clientId is committed once', async () => {
    const { call } = await withGroup()
    const message = { as: 'ben', body: { text: 'hi' }, clientId: '018bcfe5-6800-7000-8000-000000000001' }
    const path = '/v1/conversations/team/messages'
    const first = await call('POST', path, message)
    const again = await call('POST', path, message)
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body).toEqual({ ...first.body, duplicate: true })
    expect(await call('POST', path, { ...message, body: { text: 'changed' } })).toMatchObject({
      body: { code: 'clientIdReused' },
    })
  })

  test('the timeline pages both ways', async () => {
    const { call } = await withGroup()
    const path = '/v1/conversations/team/messages'
    for (let i = 1; i <= 5; i++) await call('POST', path, { body: { i } })
    const numbers = (page: Record<string, unknown>) =>
      (page['events'] as { body: { i?: number } }[]).map(({ body }) => body.i)
    const newest = await call('GET', `${path}?limit=2`)
    expect([numbers(newest.body), newest.body['more']]).toEqual([[4, 5], true])
    const older = await call('GET', `${path}?limit=2&before=${String(newest.body['before'])}`)
    expect(numbers(older.body)).toEqual([2, 3])
    const newer = await call('GET', `${path}?limit=2&after=${String(older.body['after'])}`)
    expect(numbers(newer.body)).toEqual([4, 5])
    expect(await call('GET', `${path}?before=nonsense`)).toMatchObject({
      status: 400,
      body: { field: 'querystring/before' },
    })
  })

  test('bodies that the log cannot hold are refused with the reason', async () => {
    const { call } = await withGroup()
    const path = '/v1/conversations/team/messages'
    expect(await call('POST', path, { body: { text: 'a\u0000b' } })).toMatchObject({
      status: 422,
      body: { code: 'unstorable' },
    })
    expect(await call('POST', path, { body: { text: 'x'.repeat(20_000) } })).toMatchObject({
      status: 413,
      body: { code: 'tooLarge' },
    })
    expect(await call('POST', path, { body: { text: 'x'.repeat(300_000) } })).toMatchObject({
      status: 413,
      body: { code: 'tooLarge' },
    })
  })

  test('a body that nests without end is refused, with and without a key', async () => {
    const { api } = await withGroup()
    const payload = `{"body":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}}`
    for (const extra of [{}, { 'idempotency-key': 'deep' }]) {
      const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...extra }
      const response = await api.inject({
        method: 'POST',
        url: '/v1/conversations/team/messages',
        payload,
        headers,
      })
      expect(response.statusCode).toBe(413)
    }
  })
})

describe('idempotency keys', () => {
  const path = '/v1/conversations/team/messages'
  const key = { 'idempotency-key': 'order-4711' }

  test('the same request is answered again, byte for byte, and takes effect once', async () => {
    const { call } = await withGroup()
    const first = await call('POST', path, { body: { text: 'hi' } }, key)
    const again = await call('POST', path, { body: { text: 'hi' } }, key)
    expect(again).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } })
    expect((await call('GET', path)).body['events']).toHaveLength(2)
    const refused = await call('POST', path, { as: 'eve', body: {} }, { 'idempotency-key': 'two' })
    expect(await call('POST', path, { as: 'eve', body: {} }, { 'idempotency-key': 'two' })).toMatchObject({
      status: 403,
      body: refused.body,
    })
  })

  test('another request under the same key is refused', async () => {
    const { call } = await withGroup()
    await call('POST', path, { body: { text: 'hi' } }, key)
    expect(await call('POST', path, { body: { text: 'ho' } }, key)).toMatchObject({
      status: 422,
      body: { code: 'idempotencyKeyReused' },
    })
    expect(await call('POST', path, { body: {} }, { 'idempotency-key': 'with blank' })).toMatchObject({
      status: 400,
    })
  })

  test('while the first is under way the second is told to wait', async () => {
    const { call } = await withGroup()
    const both = await Promise.all([
      call('POST', path, { body: {} }, key),
      call('POST', path, { body: {} }, key),
    ])
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([201, 409]))
    expect(both.find(({ status }) => status === 409)?.headers['retry-after']).toBe('1')
  })

  test('an attempt that failed may be repeated at once, and its commit is found if there was one', async () => {
    const { call, away } = await withGroup()
    away.commit = true
    expect((await call('POST', path, { body: {} }, key)).status).toBe(503)
    away.commit = false
    expect((await call('POST', path, { body: {} }, key)).status).toBe(201)
    expect((await call('GET', path)).body['events']).toHaveLength(2)
  })

  test('an attempt whose node died is taken over under the same clientId', async () => {
    const { api, call, store, manual } = await withGroup()
    const finish = store.finishIdempotent.bind(store)
    let notes = 0
    store.finishIdempotent = (...answer) =>
      ++notes === 1 ? finish(...answer) : Promise.reject(new Error('the node is dead'))
    expect((await call('POST', path, { body: { text: 'hi' } }, key)).status).toBe(201)
    store.finishIdempotent = finish
    expect((await call('POST', path, { body: { text: 'hi' } }, key)).status).toBe(409)
    manual.nowMs += 31_000
    expect(await call('POST', path, { body: { text: 'hi' } }, key)).toMatchObject({
      status: 200,
      body: { duplicate: true },
    })
    expect((await call('GET', path)).body['events']).toHaveLength(2)
    await api.close()
  })
})

describe('who may call, and how often', () => {
  test('a missing, wrong or malformed key gets 401 and says what to send', async () => {
    const { call } = setUp()
    for (const authorization of ['', 'Bearer wrong', `Basic ${KEY}`, KEY]) {
      expect(await call('GET', '/v1/users', undefined, { authorization })).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated' },
        headers: { 'www-authenticate': 'Bearer' },
      })
    }
    expect((await setUp({ apiKeys: [] }).call('GET', '/v1/users')).body['detail']).toContain('no API keys')
  })

  test('a key that calls too often is told when to come back; other keys are unaffected', async () => {
    const { call, manual } = setUp({ rateLimit: { perSecond: 1, burst: 2 } })
    const other = { authorization: 'Bearer key-of-the-other-app' }
    const statuses: number[] = []
    for (let i = 0; i < 3; i++) statuses.push((await call('GET', '/v1/users')).status)
    expect(statuses).toEqual([200, 200, 429])
    expect((await call('GET', '/v1/users')).headers['retry-after']).toBe('1')
    expect((await call('GET', '/v1/users', undefined, other)).status).toBe(200)
    manual.nowMs += 1_000
    expect((await call('GET', '/v1/users')).status).toBe(200)
  })

  test('malformed input is named by its place', async () => {
    const { call } = setUp()
    const cases: [InjectOptions['method'], string, object | undefined, string][] = [
      ['POST', '/v1/conversations', { type: 'crowd' }, 'body/type'],
      ['POST', '/v1/conversations', { type: 'group', members: [{ user: '@x' }] }, 'body/members/0/user'],
      ['PUT', '/v1/users/$system', {}, 'params/user'],
      ['PUT', '/v1/users/ann', { name: 'a\u0000' }, 'body/name'],
      ['POST', '/v1/conversations/@ann/messages', { body: {} }, 'params/conversation'],
      ['GET', '/v1/users?limit=0', undefined, 'querystring/limit'],
    ]
    for (const [method, url, body, field] of cases) {
      expect(await call(method, url, body)).toMatchObject({ status: 400, body: { code: 'malformed', field } })
    }
  })

  test('problems carry their media type, broken JSON included', async () => {
    const { api } = setUp()
    const response = await api.inject({
      method: 'PUT',
      url: '/v1/users/ann',
      payload: '{"name": ',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    })
    expect(response.statusCode).toBe(400)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.json()).toMatchObject({ type: 'urn:skein:problem:malformed', status: 400 })
  })
})

describe('health', () => {
  test('liveness and readiness are what the node says, with its reasons, and need no key', async () => {
    const { call, health } = setUp()
    const ask = (path: string) => call('GET', path, undefined, { authorization: '' })
    expect(await ask('/livez')).toMatchObject({ status: 200, body: { live: true, id: 'one.1' } })
    expect(await ask('/readyz')).toMatchObject({
      status: 200,
      body: { ready: true, degraded: false, reasons: [] },
    })
    const slow = { live: true, ready: true, degraded: true, reasons: ['The log cannot be read.'] }
    health.now = slow
    const { live: _, ...told } = slow
    expect(await ask('/readyz')).toMatchObject({ status: 200, body: told })
    health.now = { live: true, ready: false, degraded: false, reasons: ['The node is draining.'] }
    expect(await ask('/readyz')).toMatchObject({ status: 503, body: { reasons: ['The node is draining.'] } })
    expect((await ask('/livez')).status).toBe(200)
  })

  test('a write while the database is away is told when to come again', async () => {
    const { call, away } = await withGroup()
    away.commit = true
    const refused = await call('POST', '/v1/conversations/team/messages', { body: {} })
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  })

  test('status tells state and counters', async () => {
    const { call } = setUp()
    expect((await call('GET', '/v1/status')).body).toMatchObject({
      status: 'ready',
      name: 'one',
      origin: 'local.a',
      sessions: 0,
    })
  })

  test('the OpenAPI document names every route', async () => {
    const { call } = setUp()
    const { body } = await call('GET', '/v1/openapi.json', undefined, { authorization: '' })
    expect(body['openapi']).toBe('3.1.0')
    expect(body).toMatchObject({ paths: { '/v1/users': { get: { security: [{ apiKey: [] }] } } } })
    expect(Object.keys(body['paths'] ?? {}).sort()).toMatchInlineSnapshot(`
      [
        "/livez",
        "/readyz",
        "/v1/cluster",
        "/v1/cluster/nodes/{name}/drain",
        "/v1/conversations",
        "/v1/conversations/{conversation}",
        "/v1/conversations/{conversation}/members",
        "/v1/conversations/{conversation}/members/{user}",
        "/v1/conversations/{conversation}/messages",
        "/v1/dispatch",
        "/v1/status",
        "/v1/users",
        "/v1/users/{user}",
        "/v1/users/{user}/revoke",
        "/v1/users/{user}/tokens",
      ]
    `)
  })
})
