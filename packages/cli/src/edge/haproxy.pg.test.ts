import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DriverStatus } from '@skein/edge'
import { temporaryPostgres } from '@skein/embedded-postgres'
import { type Client, createClient } from '@skein/sdk'
import { nodeTransport } from '@skein/sdk/node'
import { type ClusterStatus, mintToken, readNodeConfig, serveNode, silentLogger } from '@skein/server'
import { expect, onTestFinished, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const SECRET = 'a-secret-of-more-than-32-characters-x'
const OPERATOR_KEY = 'o'.repeat(40)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

function start(program: string, ...args: readonly string[]): ChildProcess {
  const env = { PATH: process.env['PATH'], SKEIN_OPERATOR_KEY: OPERATOR_KEY }
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  return child
}

const skein = (...args: readonly string[]): ChildProcess => start(process.execPath, MAIN, ...args)

async function serve(name: string, databaseUrl: string, edgePort: number) {
  const config = readNodeConfig({
    flags: {},
    env: {
      SKEIN_NAME: name,
      SKEIN_PORT: '0',
      SKEIN_CLIENT_URL: `ws://127.0.0.1:${edgePort}`,
      SKEIN_AGENT_PORT: String(await freePort()),
      SKEIN_TRUSTED_PROXIES: '127.0.0.1',
      SKEIN_DATABASE_URL: databaseUrl,
      SKEIN_AUTO_MIGRATE: 'true',
      SKEIN_JWT_SECRET: SECRET,
      SKEIN_OPERATOR_KEY: OPERATOR_KEY,
    },
  })
  const node = await serveNode(config, { logger: silentLogger })
  onTestFinished(() => node.stop(500, 'atOnce'))
  return node
}

async function connect(user: string, port: number): Promise<Client> {
  const claims = { secret: SECRET, app: 'demo', user, ttlSeconds: 600 }
  const { token } = await mintToken(claims, { now: () => Date.now() })
  const url = `ws://127.0.0.1:${port}/v1/connect`
  const client = createClient({ url, user, token, transport: await nodeTransport() })
  onTestFinished(() => client.stop())
  await expect.poll(() => client.connection.state).toBe('online')
  return client
}

const read = async <T>(url: string): Promise<T> => {
  const response = await fetch(url, { headers: { authorization: `Bearer ${OPERATOR_KEY}` } })
  return (await response.json()) as T
}

test('the commands of the guide: HAProxy and the cluster agree, and a drain moves clients to where they are told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-edge-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const database = await temporaryPostgres()
  onTestFinished(() => database.dispose())
  const [port, admin] = [await freePort(), await freePort()]
  const [a, b] = [await serve('node-1', database.url, port), await serve('node-2', database.url, port)]
  const files = { config: join(folder, 'haproxy.cfg'), socket: join(folder, 'skein.sock') }

  const socket = ['--socket', files.socket]
  const rendering = skein(
    'edge',
    '--listen',
    `127.0.0.1:${port}`,
    'render',
    'haproxy',
    '--proxy-protocol',
    ...socket,
    '-o',
    files.config,
  )
  expect((await once(rendering, 'exit'))[0]).toBe(0)
  start('haproxy', '-W', '-q', '-f', files.config)
  skein('edge', '--driver', 'haproxy', ...socket, '--cluster', a.url, '--admin', `127.0.0.1:${admin}`)

  // What both say of each node, side by side: wanted, taken, and a weight that is the headroom.
  const agreed = async (): Promise<readonly unknown[]> => {
    const [status, cluster] = await Promise.all([
      read<DriverStatus>(`http://127.0.0.1:${admin}/status`).catch(() => undefined),
      read<ClusterStatus>(`${a.url}/v1/cluster`),
    ])
    return (status?.proxies[0]?.nodes ?? []).map(({ node, wanted, agent, weight }) => {
      const headroom = cluster.nodes.find(({ name }) => name === node)?.load?.headroom ?? NaN
      return { node, wanted, agent, near: Math.abs(weight - headroom) <= 15 }
    })
  }
  const well = { wanted: 'ready', agent: 'answers', near: true }
  await expect.poll(agreed, { timeout: 15_000 }).toEqual([
    { node: 'node-1', ...well },
    { node: 'node-2', ...well },
  ])

  const users = await Promise.all(
    ['ada', 'ben', 'cyd', 'dan', 'eve', 'fay'].map((user) => connect(user, port)),
  )
  const gaps: string[] = []
  for (const client of users) client.on('connection', ({ state }) => void gaps.push(state))
  const leaving = await fetch(`${b.url}/v1/cluster/nodes/node-1/drain`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ windowMs: 2_000 }),
  })
  expect(leaving.status).toBe(202)
  expect(await a.ended).toEqual({ reason: 'drained' })
  expect(users.map(({ connection }) => connection.state === 'online' && connection.node)).toEqual(
    users.map(() => 'node-2'),
  )
  expect(gaps).toEqual([])
  await a.stop(1_000)
  const places = async () => {
    const { proxies } = await read<DriverStatus>(`http://127.0.0.1:${admin}/status`)
    return proxies.flatMap(({ nodes }) => nodes.map(({ node }) => node))
  }
  await expect.poll(places, { timeout: 15_000 }).toEqual(['node-2'])
})
