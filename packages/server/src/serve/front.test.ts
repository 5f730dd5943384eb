import { once } from 'node:events'
import { CLOSE, SUBPROTOCOL } from '@skein/protocol'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { JwtAuthenticator } from '../auth/jwt.ts'
import { mintToken } from '../auth/mint-token.ts'
import { readNodeConfig } from '../config/node-config.ts'
import { memoryBus } from '../bus/memory/memory-bus.ts'
import { MemoryBusHub } from '../bus/memory/memory-bus-hub.ts'
import type { ClusterStatus } from '../member/status.ts'
import type { Health } from '../probe/health.ts'
import { ChatNode } from '../node/chat-node.ts'
import { silentLogger } from '../observe/logger.ts'
import { MemoryStore } from '../store/memory/memory-store.ts'
import { openFront, type Front } from './front.ts'
import { systemRuntime } from './system-runtime.ts'

const SECRET = 'a-secret-of-more-than-32-characters-x'
const OPERATOR_KEY = 'o'.repeat(40)
const API_KEY = 'k'.repeat(40)

interface Served {
  readonly url: string
  readonly front: Front
  stop(): Promise<void>
}

const READY: Health = { live: true, ready: true, degraded: false, reasons: [] }
const ALONE: ClusterStatus = {
  self: 'n1',
  viewAgeMs: 0,
  health: READY,
  bus: { kind: 'memory', state: 'up' },
  guards: [],
  drain: null,
  rebalance: { shedding: false, excess: 0 },
  nodes: [],
}

async function serve(env: Readonly<Record<string, string>> = {}): Promise<Served> {
  const needed = {
    SKEIN_PORT: '0',
    DATABASE_URL: 'postgres://memory/',
    SKEIN_JWT_SECRET: SECRET,
    SKEIN_API_KEYS: `demo:${API_KEY}`,
    SKEIN_OPERATOR_KEY: OPERATOR_KEY,
  }
  const config = readNodeConfig({ flags: {}, env: { ...needed, ...env } })
  const runtime = systemRuntime()
  const store = new MemoryStore({ runtime, region: 'r', incarnation: 'i', lanes: 2 })
  const authenticator = new JwtAuthenticator({ ...runtime, keys: { type: 'secret', secret: SECRET } })
  const logger = silentLogger
  const bus = memoryBus(new MemoryBusHub({ runtime }), { node: 'n1.1', runtime })
  const node = new ChatNode({ name: 'n1', store, runtime, authenticator, limits: config.limits, logger, bus })
  await node.start()
  const cluster = { status: () => ALONE, drain: () => Promise.reject(new Error('not asked')) }
  const common = { config, options: {}, runtime, logger, store, node }
  const front = await openFront({ ...common, nodeId: 'n1.1', health: () => READY, operator: cluster })
  front.admit()
  return {
    url: front.url,
    front,
    async stop() {
      const closed = front.close()
      await node.stop(1_000)
      await front.stop(500)
      await closed
    },
  }
}

const connect = (url: string, origin?: string): WebSocket =>
  new WebSocket(
    `${url.replace('http', 'ws')}/v1/connect`,
    SUBPROTOCOL,
    origin === undefined ? {} : { origin },
  )

test('one port serves health, status with a key, and WebSockets; a stop sends clients elsewhere', async () => {
  const served = await serve()
  expect((await fetch(`${served.url}/readyz`)).status).toBe(200)
  expect((await fetch(`${served.url}/v1/status`)).status).toBe(401)
  const status = await fetch(`${served.url}/v1/status`, { headers: { authorization: `Bearer ${API_KEY}` } })
  expect(await status.json()).toMatchObject({ name: 'n1', status: 'ready' })

  const socket = connect(served.url)
  await once(socket, 'open')
  const { token } = await mintToken(
    { secret: SECRET, app: 'demo', user: 'ada', ttlSeconds: 60 },
    { now: () => Date.now() },
  )
  const answer = once(socket, 'message')
  socket.send(JSON.stringify({ t: 'hello', token, client: 'test/1' }))
  expect(String((await answer)[0])).toContain('"welcome"')

  const closed = once(socket, 'close')
  await served.stop()
  expect((await closed)[0]).toBe(CLOSE.draining)
  await expect(fetch(`${served.url}/livez`)).rejects.toThrow('fetch failed')
})

test('a page of an origin that is not allowed cannot connect, any other client can', async () => {
  const served = await serve({ SKEIN_ALLOWED_ORIGINS: 'https://chat.example' })
  const refused = connect(served.url, 'https://evil.example')
  const [, response] = (await once(refused, 'unexpected-response')) as [unknown, { statusCode: number }]
  expect(response.statusCode).toBe(403)
  refused.on('error', () => undefined).terminate()
  const allowed = connect(served.url, 'https://chat.example')
  await once(allowed, 'open')
  allowed.close()
  await served.stop()
})

test('a busy port is the system error that the command line explains', async () => {
  const served = await serve()
  const { port } = new URL(served.url)
  await expect(serve({ SKEIN_PORT: port })).rejects.toMatchObject({ code: 'EADDRINUSE', port: Number(port) })
  await served.stop()
})
