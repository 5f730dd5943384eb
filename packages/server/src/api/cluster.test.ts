import { expect, test } from 'vitest'
import { DrainError, type DrainRefusal } from '../member/drain-error.ts'
import type { ClusterStatus } from '../member/status.ts'
import { createApi } from './api.ts'
import type { ApiCluster, DrainOrder } from './deps.ts'
import { silentNode } from './testing/silent-node.ts'

const KEY = 'the-key-of-the-operator-0123456789'

const STATUS: ClusterStatus = {
  self: 'node-1',
  viewAgeMs: 12,
  health: { live: true, ready: true, degraded: false, reasons: [] },
  bus: { kind: 'postgres', state: 'up' },
  guards: [{ name: 'admission', kind: 'admission', state: 'idle', refused: 0 }],
  drain: null,
  rebalance: { shedding: false, excess: 0 },
  nodes: [],
}

function setUp(options: { readonly key?: string; readonly refusal?: DrainRefusal } = { key: KEY }) {
  const orders: DrainOrder[] = []
  const cluster: ApiCluster = {
    status: () => STATUS,
    async drain(order) {
      orders.push(order)
      if (options.refusal !== undefined) throw new DrainError(options.refusal, `because ${options.refusal}`)
      return { node: order.node, windowMs: order.windowMs ?? 30_000 }
    },
  }
  const api = createApi({
    ...silentNode(),
    health: () => STATUS.health,
    operator: { cluster, ...(options.key !== undefined && { key: options.key }) },
  })
  const call = async (method: 'GET' | 'POST', url: string, body?: object, key = KEY) => {
    const response = await api.inject({
      method,
      url,
      headers: { authorization: `Bearer ${key}` },
      ...(body !== undefined && { payload: body }),
    })
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
  }
  return { call, orders, api }
}

test('an operator sees the cluster, and nobody else does', async () => {
  const { call } = setUp()
  expect(await call('GET', '/v1/cluster')).toEqual({ status: 200, body: STATUS })
  expect((await call('GET', '/v1/cluster', undefined, 'x'.repeat(40))).status).toBe(401)
  expect(await setUp({}).call('GET', '/v1/cluster')).toMatchObject({
    status: 401,
    body: { detail: expect.stringContaining('SKEIN_OPERATOR_KEY') },
  })
})

test('a drain is passed on with its window, force and the key, and answers that it has begun', async () => {
  const { call, orders, api } = setUp()
  const answer = await call('POST', '/v1/cluster/nodes/node-2/drain', { windowMs: 5_000, force: true })
  expect(answer).toEqual({ status: 202, body: { node: 'node-2', windowMs: 5_000 } })
  expect((await call('POST', '/v1/cluster/nodes/node-1/drain')).body).toEqual({
    node: 'node-1',
    windowMs: 30_000,
  })
  await api.inject({
    method: 'POST',
    url: '/v1/cluster/nodes/node-1/drain',
    headers: { authorization: `Bearer ${KEY}`, 'x-skein-forwarded': '1' },
  })
  const authorization = `Bearer ${KEY}`
  expect(orders).toEqual([
    { node: 'node-2', windowMs: 5_000, force: true, authorization, forwarded: false },
    { node: 'node-1', force: false, authorization, forwarded: false },
    { node: 'node-1', force: false, authorization, forwarded: true },
  ])
  expect((await call('POST', '/v1/cluster/nodes/a/drain', { windowMs: -1 })).status).toBe(400)
  expect((await call('POST', '/v1/cluster/nodes/a/drain', {}, 'wrong')).status).toBe(401)
})

test.each<[DrainRefusal, number]>([
  ['nodeUnknown', 404],
  ['lastReadyNode', 409],
  ['anotherDrains', 409],
  ['alreadyDraining', 409],
  ['notServing', 409],
  ['nodeUnreachable', 503],
])('a drain that is refused for %s answers %i and says why', async (refusal, status) => {
  const { call } = setUp({ key: KEY, refusal })
  const answer = await call('POST', '/v1/cluster/nodes/node-2/drain')
  expect(answer).toMatchObject({ status, body: { code: refusal, detail: `because ${refusal}` } })
})
