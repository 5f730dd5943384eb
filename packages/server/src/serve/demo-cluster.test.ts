import fastify from 'fastify'
import { expect, test } from 'vitest'
import { LOAD } from '../cluster/manual-cluster.ts'
import type { ClusterStatus, NodeStatus } from '../member/status.ts'
import { demoClusterRoutes } from './demo-cluster.ts'

const node = (name: string): NodeStatus => ({
  id: `${name}.1`,
  name,
  zone: 'z',
  region: 'r',
  release: '0.1.0',
  state: 'ready',
  reason: 'serving',
  sinceMs: 7,
  self: name === 'node-1',
  address: 'http://x',
  internalAddress: 'http://x',
  heardAgeMs: 0,
  missed: 0,
  weight: 1,
  guards: [],
  load: { ...LOAD, sessions: 3, headroom: 90 },
})

const STATUS: ClusterStatus = {
  self: 'node-1',
  viewAgeMs: 0,
  health: { live: true, ready: true, degraded: false, reasons: [] },
  bus: { kind: 'postgres', state: 'up' },
  guards: [],
  drain: null,
  rebalance: { shedding: false, excess: 0 },
  nodes: [node('node-1'), node('node-2')],
}

async function setUp(kill?: (node: string) => void) {
  const server = fastify()
  await server.register(demoClusterRoutes, { status: () => STATUS, ...(kill !== undefined && { kill }) })
  return async (method: 'GET' | 'POST', url: string, body?: object, remoteAddress = '127.0.0.1') => {
    const headers = { host: '127.0.0.1:7777', 'content-type': 'application/json' }
    const payload = body === undefined ? undefined : JSON.stringify(body)
    const answer = await server.inject({
      method,
      url,
      headers,
      remoteAddress,
      ...(payload !== undefined && { payload }),
    })
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
  }
}

test('the page sees nodes with state, sessions and headroom', async () => {
  const call = await setUp()
  const shown = { state: 'ready', sessions: 3, headroom: 90, sinceMs: 7 }
  expect(await call('GET', '/demo/cluster')).toEqual({
    status: 200,
    body: {
      self: 'node-1',
      mayKill: false,
      nodes: [
        { name: 'node-1', ...shown },
        { name: 'node-2', ...shown },
      ],
    },
  })
  expect((await call('GET', '/demo/cluster', undefined, '10.0.0.5')).status).toBe(403)
})

test('its button kills a node, where somebody starts it again', async () => {
  const killed: string[] = []
  const call = await setUp((name) => void killed.push(name))
  expect(await call('POST', '/demo/cluster/kill', { node: 'node-2' })).toEqual({
    status: 202,
    body: { node: 'node-2' },
  })
  expect((await call('POST', '/demo/cluster/kill', { node: 'node-9' })).status).toBe(404)
  expect((await call('POST', '/demo/cluster/kill', { node: 7 })).status).toBe(400)
  expect((await call('POST', '/demo/cluster/kill', { node: 'node-1' }, '10.0.0.5')).status).toBe(403)
  expect(killed).toEqual(['node-2'])
  expect((await (await setUp())('POST', '/demo/cluster/kill', { node: 'node-2' })).status).toBe(404)
})
